"""Which message a mail answers: the ids that it names, as Postgres can be asked for them. Pure.

SES puts a Message-ID of its own on what we send, `<id@email.amazonses.com>` in us-east-1 and
`<id@REGION.amazonses.com>` elsewhere, so a reader's answer names that one; our stable id,
`<msg_...@domain>`, stands in References beside it, and is all there is while the id of SES is not
recorded yet. What somebody else has written is known by its Message-ID as it came.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from common import ids

MOST: Final = 50
"""Ids that are looked for; a longer chain is asked about by its newest."""

_BY_SES: Final = re.compile(r"<([A-Za-z0-9-]{1,200})@[a-z0-9-]{1,40}\.amazonses\.com>")
_OURS: Final = re.compile(rf"<({ids.MESSAGE}_[0-9a-z]{{26}})@[^<>@\s]+>")


@dataclass(frozen=True, slots=True)
class Reference:
    """One id that a mail names. `internet_id` as it is written; the other two where it may be an
    id of ours, or one that SES gave to a mail of ours.
    """

    internet_id: str
    message_id: UUID | None
    external_id: str | None


def named(references: Iterable[str], in_reply_to: Iterable[str]) -> list[Reference]:
    """The most telling first: References from its end, then In-Reply-To."""
    chain = [*reversed(list(references)), *in_reply_to]
    return [_reference(one) for one in list(dict.fromkeys(chain))[:MOST]]


def _reference(internet_id: str) -> Reference:
    by_ses = _BY_SES.fullmatch(internet_id)
    return Reference(internet_id, _ours(internet_id), by_ses.group(1) if by_ses else None)


def _ours(internet_id: str) -> UUID | None:
    found = _OURS.fullmatch(internet_id)
    try:
        return ids.decode(ids.MESSAGE, found.group(1)) if found else None
    except ids.IdError:
        return None
