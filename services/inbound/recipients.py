"""Which inboxes an envelope means.

An inbox is meant by its address in any case, and by its address with a tag: mail to
`orders+4711@shop.example` reaches `orders@shop.example` where no inbox has the longer address
(RFC 5233, "subaddressing").
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import sqlalchemy as sa

_FIND: Final = sa.text("""
SELECT id, organization_id, lower(email) AS email FROM inbox
WHERE lower(email) = ANY (CAST(:emails AS text[])) AND deleted_at IS NULL
""")


@dataclass(frozen=True, slots=True)
class Place:
    """An inbox of ours that a mail has arrived at. `email`: as the envelope wrote it."""

    inbox_id: UUID
    organization_id: UUID
    email: str


def spellings(email: str) -> list[str]:
    """How the inbox may be called that this address means, the likeliest first."""
    folded = email.strip().lower()
    local, at, domain = folded.rpartition("@")
    bare, plus, _ = local.partition("+")
    return [folded, f"{bare}{at}{domain}"] if plus and bare else [folded]


def places(connection: sa.Connection, emails: Iterable[str]) -> list[Place]:
    """Each inbox once, by the first address that means it. Addresses that mean none are nobody's
    here: SES takes mail for a whole domain.
    """
    wanted = list(emails)
    asked = sorted({spelling for email in wanted for spelling in spellings(email)})
    rows = connection.execute(_FIND, {"emails": asked}).mappings()
    return matched(wanted, {row["email"]: (row["id"], row["organization_id"]) for row in rows})


def matched(emails: Iterable[str], known: Mapping[str, tuple[UUID, UUID]]) -> list[Place]:
    """`known`: inbox and organization by address in lower case."""
    found: dict[UUID, Place] = {}
    for email in emails:
        meant = next((known[one] for one in spellings(email) if one in known), None)
        if meant:
            found.setdefault(meant[0], Place(*meant, email))
    return list(found.values())
