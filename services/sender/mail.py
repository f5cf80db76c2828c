"""A claimed message as the mail that it is: what the reader gets, and the envelope around it."""

from collections.abc import Sequence

import sqlalchemy as sa

from common import ids
from common.addresses import Address, parse_address
from services.sender.attachments import attachments_of
from services.sender.compose import Outgoing
from services.sender.jobs import Claimed
from services.sender.wire import Envelope


def outgoing(engine: sa.Engine, claimed: Claimed) -> Outgoing:
    """What the reader gets, its files read now. AddressError for a Reply-To that is none."""
    row = claimed.row
    references = tuple(row["reference_ids"])
    return Outgoing(
        message_id=ids.encode(ids.MESSAGE, claimed.id),
        from_=Address(row["from_email"], row["from_name"]),
        to=_addresses(claimed, "to"),
        cc=_addresses(claimed, "cc"),
        reply_to=tuple(parse_address(one) for one in row["reply_to"]),
        subject=row["subject"],
        text=row["text"],
        html=row["html"],
        attachments=attachments_of(engine, claimed.row),
        headers=tuple(row["headers"].items()),
        # A parent that has no id of SES yet is known by ours, the last of its chain. One that was
        # received without a Message-ID is known by what it referred to.
        in_reply_to=row["parent_wire_id"] or (references[-1] if references else None),
        references=references,
        date=row["created_at"],
    )


def _addresses(claimed: Claimed, kind: str) -> tuple[Address, ...]:
    recipients = claimed.row["recipients"]
    return tuple(Address(one["email"], one["name"]) for one in recipients if one["kind"] == kind)


def envelope(claimed: Claimed, mime: Sequence[bytes], attempt: int) -> Envelope:
    """What SES is asked for: BCC recipients are named here alone."""

    def emails(kind: str) -> tuple[str, ...]:
        return tuple(one.email for one in _addresses(claimed, kind))

    return Envelope(
        sender=claimed.row["from_email"],
        to=emails("to"),
        cc=emails("cc"),
        bcc=emails("bcc"),
        tags=(
            ("postroom_message", ids.encode(ids.MESSAGE, claimed.id)),
            ("postroom_attempt", str(attempt)),
        ),
        mime=mime,
    )
