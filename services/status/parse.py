"""What lies in the queue, as a typed value. Pure, and nothing that is in a body makes it raise.

An event names itself `eventType` (configuration sets) or `notificationType` (identities):
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, Literal
from uuid import UUID

from common import clock
from common.envelopes import Json, NoticeError, UnreadableError, unwrap
from common.statuses import Reason
from services.status import tags

_LONGEST_ID: Final = 200  # SES's are 60 characters; an index of Postgres takes 2,700 bytes
_LONGEST_NAME: Final = 64
_LONGEST_WORDS: Final = 1000

_SUBSCRIBED: Final = "AmazonSnsSubscriptionSucceeded"

# Where an event's detail lies, if not under the event's own name.
_DETAILS: Final = {"rendering_failure": "failure"}
_RECIPIENTS: Final = {
    "delivery": "recipients",
    "bounce": "bouncedRecipients",
    "complaint": "complainedRecipients",
    "delivery_delay": "delayedRecipients",
}
# Of each kind the members of the detail that say why: type, subType, diagnostic.
_REASONS: Final = {
    "bounce": ("bounceType", "bounceSubType", ""),
    "complaint": ("complaintFeedbackType", "complaintSubType", ""),
    "delivery_delay": ("delayType", "", ""),
    "reject": ("", "", "reason"),
    "rendering_failure": ("", "", "errorMessage"),
}


@dataclass(frozen=True, slots=True)
class SesEvent:
    """One thing that SES says has happened to a mail.

    `kind`: SES's name in lower snake case, known to us or not. `message_id`: from our tag, which
    identity notifications lack. `recipients`: those the event is about; empty where it is about
    all. `reason`: `type`, `subType`, `diagnostic`, where SES gave them. `dedup_key`: the same for
    every copy of the event, in whatever envelope; copies with and without our tag are two. `trace`:
    a `traceparent` from our tag, as it came.
    """

    kind: str
    external_message_id: str
    message_id: UUID | None
    at: datetime
    recipients: tuple[str, ...]
    reason: Reason
    dedup_key: str
    raw: str
    trace: str | None = None


@dataclass(frozen=True, slots=True)
class NoEvent:
    """A `notice` of AWS about its topics, or something `unreadable`."""

    kind: Literal["notice", "unreadable"]
    reason: str
    dedup_key: str
    raw: str


Parsed = SesEvent | NoEvent


def parse(body: str) -> Parsed:
    """The body of one message of SQS."""
    raw = _clean(body)
    try:
        return _event(unwrap(raw), raw)
    except NoticeError as notice:
        return NoEvent("notice", str(notice), _digest_of(body), raw)
    except UnreadableError as error:
        return NoEvent("unreadable", str(error), _digest_of(body), raw)
    except RecursionError:
        return NoEvent("unreadable", "nested too deeply", _digest_of(body), raw)


def _event(value: Json, raw: str) -> SesEvent:
    name = _text(value.get("eventType") or value.get("notificationType"), _LONGEST_NAME)
    if name == _SUBSCRIBED:
        raise NoticeError("SES has subscribed the topic to an identity")
    kind = _snake(name)
    mail = _object(value.get("mail"))
    external_id = _text(mail.get("messageId"), _LONGEST_ID + 1)
    detail = _object(value.get(_DETAILS.get(kind, _camel(name))))
    at = _moment(detail.get("timestamp")) or _moment(mail.get("timestamp"))
    if not kind or not 0 < len(external_id) <= _LONGEST_ID or at is None:
        raise UnreadableError("no event of SES: eventType, mail.messageId or timestamp is missing")
    recipients = _recipients(detail.get(_RECIPIENTS.get(kind, "")))
    tagged = _object(mail.get("tags"))
    message_id = tags.message_id(tagged)
    # With the tag: the copy that names our message is news after one that does not.
    told = [external_id, kind, _mark(detail), sorted(recipients), str(message_id or "")]
    return SesEvent(
        kind=kind,
        external_message_id=external_id,
        message_id=message_id,
        at=at,
        recipients=recipients,
        reason=_reason(kind, detail),
        dedup_key=_digest_of(json.dumps(told)),
        raw=raw,
        trace=tags.trace(tagged),
    )


def _mark(detail: Json) -> str:
    """What tells two events of one kind and mail apart; where SES gives nothing, all it says."""
    return (
        _text(detail.get("feedbackId"))
        or _text(detail.get("timestamp"))
        or json.dumps(detail, sort_keys=True)
    )


def _reason(kind: str, detail: Json) -> Reason:
    first, second, words = _REASONS.get(kind, ("", "", ""))
    reason = {
        "type": _text(detail.get(first), _LONGEST_NAME),
        "subType": _text(detail.get(second), _LONGEST_NAME),
        "diagnostic": _text(detail.get(words)) or _diagnostics(kind, detail),
    }
    return {name: value for name, value in reason.items() if value}


def _diagnostics(kind: str, detail: Json) -> str:
    """What the recipients' servers said, each thing once."""
    listed = _list(detail.get(_RECIPIENTS.get(kind, "")))
    said = (_text(_object(one).get("diagnosticCode")) for one in listed)
    return "; ".join(dict.fromkeys(filter(None, said)))[:_LONGEST_WORDS]


def _recipients(listed: Any) -> tuple[str, ...]:
    told = (one.get("emailAddress") if isinstance(one, dict) else one for one in _list(listed))
    return tuple(dict.fromkeys(email.casefold() for email in map(_text, told) if email))


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(_text(value))
        return clock.to_milliseconds(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any, longest: int = _LONGEST_WORDS) -> str:
    return _clean(value)[:longest].strip() if isinstance(value, str) else ""


def _clean(text: str) -> str:
    """Text that Postgres takes: no NUL, no half of a surrogate pair."""
    told = text.replace("\0", "\ufffd")
    return told if told.isascii() else told.encode("utf-8", "replace").decode()


@lru_cache(64)
def _snake(name: str) -> str:
    """`DeliveryDelay` and `Rendering Failure` -> `delivery_delay`, `rendering_failure`."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", apart.lower()).strip("_")


def _camel(name: str) -> str:
    """`DeliveryDelay` -> `deliveryDelay`: the member that holds the event's detail."""
    return name[:1].lower() + name[1:].replace(" ", "")


def _digest_of(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
