"""What `POST /inbound` asks for beside the mail: the envelope, the verdicts, repetitions."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel
from starlette.datastructures import QueryParams

from deploy.local.aws.ses.receiving.incoming import (
    CHECKS,
    Incoming,
    Status,
    author,
    is_address,
    new_id,
    read,
    stranger,
)

MOST_RECIPIENTS = 100
MOST_DUPLICATES = 100


def _check(text: str) -> str:
    if not is_address(text):
        # The most frequent mistake: a blank is what a plus in a URL means.
        hint = "; a + in a URL is written %2B" if " " in text else ""
        raise ValueError(f"{text[:100]!r} is no address{hint}")
    return text


def _check_sender(text: str) -> str:
    return text and _check(text)


def _check_count(found: tuple[str, ...]) -> tuple[str, ...]:
    # Not taken from the mail: SES routes by the envelope, and a Bcc is nowhere else.
    if not 1 <= len(found) <= MOST_RECIPIENTS:
        raise ValueError(f"the envelope needs recipients, 1 to {MOST_RECIPIENTS}")
    return found


class Asked(BaseModel):
    """The query of `POST /inbound`; `to` may be repeated, an empty `from` is the null path."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)

    to: Annotated[tuple[Annotated[str, AfterValidator(_check)], ...], AfterValidator(_check_count)]
    sender: Annotated[Annotated[str, AfterValidator(_check_sender)] | None, Field(alias="from")] = (
        None
    )
    spam: Status = Status.PASS
    virus: Status = Status.PASS
    spf: Status = Status.PASS
    dkim: Status = Status.PASS
    dmarc: Status = Status.PASS
    dmarc_policy: Literal["none", "quarantine", "reject"] | None = None
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,100}$")] | None = None
    duplicates: Annotated[int, Field(ge=0, le=MOST_DUPLICATES)] = 0

    @model_validator(mode="after")
    def _policy_of_a_failure(self) -> Self:
        if self.dmarc_policy and self.dmarc is not Status.FAIL:
            raise ValueError("dmarcPolicy is told with dmarc=FAIL only")
        return self

    @classmethod
    def of(cls, query: QueryParams) -> Self:
        """Raises ValidationError."""
        return cls.model_validate({**query, "to": query.getlist("to")})

    def mail(self, raw: bytes) -> Incoming:
        headers = read(raw)
        sender = author(headers) if self.sender is None else self.sender
        failed = self.dmarc is Status.FAIL
        return Incoming(
            raw=raw,
            headers=headers,
            sender=sender,
            recipients=self.to,
            peer=stranger(sender, headers),
            verdicts={check: getattr(self, check) for check in CHECKS},
            dmarc_policy=self.dmarc_policy or ("none" if failed else None),
            message_id=self.id or new_id(),
        )
