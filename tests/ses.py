"""SES's events as it sends them: recorded ones, and copies of those about other mails."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from hypothesis import strategies as st

from common import clock, ids

FOLDER = Path(__file__).parent / "fixtures" / "ses"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
MESSAGE_ID = UUID("019aa7c4-5877-78b6-8a1b-bc0653a260ae")
"""Whose the recorded events are."""
JO, KIM = "jo@example.com", "kim@example.com"

_DETAILS = {"delivery_delay": "deliveryDelay", "rendering_failure": "failure"}
_LISTS = {"delivery_delay": "delayedRecipients", "complaint": "complainedRecipients"}


def recorded(name: str) -> str:
    """A body as it lay in the queue."""
    return (FOLDER / f"{name}.json").read_text()


def external_id() -> str:
    """An id as SES gives them."""
    return f"0100019aab3c7f10-{uuid4()}-000000"


def event(
    name: str,
    external_id: str,
    message_id: UUID | None = None,
    recipients: tuple[str, ...] | None = None,
    minute: int = 0,
) -> str:
    """The recorded event `name`, about this mail, `minute` minutes past noon, raw. `message_id`:
    our tag; without it the event has none, as identity notifications do.
    """
    told = json.loads(recorded(name))
    mail, detail = told["mail"], _detail(name, told)
    mail["messageId"] = external_id
    mail["timestamp"] = clock.wire(NOON)
    mail["tags"] = {"postroom_message": [ids.encode("msg", message_id)]} if message_id else {}
    if "timestamp" in detail:
        detail["timestamp"] = clock.wire(NOON + timedelta(minutes=minute))
    if "feedbackId" in detail:
        detail["feedbackId"] = f"{external_id}-{name}-{minute}-{recipients}"
    if recipients is not None:
        _address(name, detail, recipients)
    return json.dumps(told)


def _detail(name: str, told: dict[str, Any]) -> dict[str, Any]:
    detail: dict[str, Any] = told[_DETAILS.get(name, name.partition("_")[0])]
    return detail


def _address(name: str, detail: dict[str, Any], recipients: tuple[str, ...]) -> None:
    if name == "delivery":
        detail["recipients"] = list(recipients)
        return
    member = _LISTS.get(name) or _LISTS.get(name.partition("_")[0], "bouncedRecipients")
    first = detail[member][0]
    detail[member] = [first | {"emailAddress": email} for email in recipients]


def from_sns(body: str) -> str:
    """The event as SNS wraps it, a new notification each time."""
    envelope = {"Type": "Notification", "MessageId": str(uuid4()), "Message": body}
    return json.dumps(envelope)


def from_eventbridge(body: str) -> str:
    """The event as EventBridge wraps it."""
    return json.dumps({"id": str(uuid4()), "source": "aws.ses", "detail": json.loads(body)})


Telling = tuple[str, tuple[str, ...], int]
"""An event of a story: which, about whom, how many minutes past noon."""


def stories() -> st.SearchStrategy[list[Telling]]:
    """What SES may tell of a mail to Jo and Kim. Within few minutes, so that there are ties."""
    names = ["delivery_delay", "delivery", "bounce_transient", "bounce_permanent"]
    names += ["bounce_mailbox_full", "complaint"]
    whom = [(JO,), (KIM,), (JO, KIM)]
    tellings = st.tuples(st.sampled_from(names), st.sampled_from(whom), st.integers(0, 2))
    return st.lists(tellings, min_size=1, max_size=6, unique=True)


def event_of(telling: Telling, external_id: str) -> str:
    """The event of a story, about this mail."""
    name, whom, minute = telling
    return event(name, external_id, recipients=whom, minute=minute)
