"""What a message has only where it was received."""

from typing import Literal

from pydantic import Field

from services.api.schemas.base import Shown, Timestamp

Verdict = Literal["pass", "fail", "gray", "processing_failed", "disabled"]


class VerdictsShown(Shown):
    """What SES found out about a received mail."""

    spam: Verdict | None = None
    virus: Verdict | None = None
    spf: Verdict | None = None
    dkim: Verdict | None = None
    dmarc: Verdict | None = None


class ReceivedShown(Shown):
    """Members of a message that was received."""

    extracted_text: str | None = Field(
        None, description="What is new in received mail: without its quotes and its signature."
    )
    date: Timestamp | None = Field(None, description="Of received mail, as its sender has it.")
    verdicts: VerdictsShown | None = Field(None, description="Of SES, on received mail.")
    sender_verified: bool | None = Field(
        None, description="Whether DMARC has passed for `from`, which anybody can write."
    )
    automatic: bool | None = Field(
        None,
        description="Only where true: a program or a list sent it. It is answered with `force` "
        "alone.",
    )
    parse_error: str | None = Field(
        None, description="Why received mail could not be read in full; see its `raw`."
    )
