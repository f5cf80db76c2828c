"""apply: an event of SES is proof that SES has the message; and a second mail is told from one."""

from collections.abc import Iterator

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import Engine
from structlog.testing import capture_logs
from structlog.typing import EventDict

from common import ids
from services.status.apply import apply
from services.status.parse import parse
from tests import ses
from tests.tenants import Tenant, rows


def take(engine: Engine, *bodies: str) -> None:
    apply(engine, [parse(body) for body in bodies])


class Counted:
    """How far two counters have moved since."""

    def __init__(self) -> None:
        self._before = self._now()

    def _now(self) -> tuple[float, float]:
        healed = REGISTRY.get_sample_value("postroom_ambiguous_sends_total", {"end": "healed"})
        return healed or 0.0, REGISTRY.get_sample_value("postroom_double_sends_total") or 0.0

    @property
    def healed(self) -> float:
        return self._now()[0] - self._before[0]

    @property
    def doubled(self) -> float:
        return self._now()[1] - self._before[1]


@pytest.fixture
def counted() -> Counted:
    return Counted()


@pytest.fixture
def logs() -> Iterator[list[EventDict]]:
    with capture_logs() as logs:
        yield logs


@pytest.mark.parametrize("name", ["send", "delivery", "bounce_permanent", "complaint", "open"])
def test_any_tagged_event_heals_what_ses_may_have(
    engine: Engine, acme: Tenant, counted: Counted, name: str
) -> None:
    told = {f"ses-{state}": acme.message(send_state=state) for state in ("unknown", "held")}

    take(engine, *(ses.event(name, *one) for one in told.items()))

    messages = rows(engine, "SELECT id, external_message_id, send_state FROM message")
    assert {row["external_message_id"]: row["id"] for row in messages} == told
    assert {row["send_state"] for row in messages} == {"done"}
    assert rows(engine, "SELECT status FROM recipient WHERE status = 'queued'") == []
    assert counted.healed == 2


def test_a_healed_message_is_told_of_with_its_ids(
    engine: Engine, acme: Tenant, logs: list[EventDict]
) -> None:
    sent = acme.message(send_state="unknown")

    take(engine, ses.event("send", "ses-1", message_id=sent))

    [line] = [line for line in logs if line["event"] == "message.healed"]
    assert line["message_id"] == ids.encode(ids.MESSAGE, sent)
    assert (line["request_id"], line["external_id"]) == ("req_1", "ses-1")


def test_it_is_healed_once_by_whatever_comes_first(
    engine: Engine, acme: Tenant, counted: Counted
) -> None:
    sent = acme.message(send_state="unknown")
    told = [ses.event(name, "ses-1", message_id=sent) for name in ("send", "open", "delivery")]

    take(engine, *told)
    take(engine, *told)

    assert counted.healed == 1
    assert rows(engine, "SELECT type FROM event ORDER BY id") == [
        {"type": "message.sent"},
        {"type": "message.delivered"},
    ]


def test_what_its_sender_still_has_in_hand_needs_no_healing(
    engine: Engine, acme: Tenant, counted: Counted
) -> None:
    take(engine, ses.event("send", "ses-1", message_id=acme.message(send_state="sending")))

    assert counted.healed == 0


SECOND_LAST = [("send", "ses-1"), ("delivery", "ses-2"), ("send", "ses-2")]
FIRST_LAST = [("delivery", "ses-2"), ("send", "ses-2"), ("send", "ses-1")]
BY_ITS_DELIVERY = [("delivery", "ses-1"), ("send", "ses-2"), ("send", "ses-1")]


@pytest.mark.parametrize("story", [SECOND_LAST, FIRST_LAST, BY_ITS_DELIVERY])
def test_a_second_mail_is_counted_once_in_any_order_and_repetition(
    engine: Engine, acme: Tenant, counted: Counted, story: list[tuple[str, str]]
) -> None:
    def told(which: str) -> list[str]:
        sent = acme.message(send_state="unknown")
        bodies = [
            ses.event(name, external_id + which, message_id=sent) for name, external_id in story
        ]
        return bodies + [ses.from_sns(body) for body in bodies]

    take(engine, *told("in one set"))
    for body in told("one by one"):
        take(engine, body)

    assert counted.doubled == 2


def test_a_third_mail_is_counted_too(engine: Engine, acme: Tenant, counted: Counted) -> None:
    sent = acme.message(external_id="ses-1")

    for number in (2, 1, 3):
        take(engine, ses.event("send", f"ses-{number}", message_id=sent))

    assert counted.doubled == 2


def test_a_tagged_copy_heals_although_an_untagged_one_came_first(
    engine: Engine, acme: Tenant, counted: Counted
) -> None:
    message_id = acme.message(send_state="unknown")

    take(engine, ses.event("delivery", "ses-1"))
    take(engine, ses.event("delivery", "ses-1", message_id))

    (message,) = rows(engine, "SELECT status, send_state, external_message_id FROM message")
    assert message == {
        "status": "delivered",
        "send_state": "done",
        "external_message_id": "ses-1",
    }
    assert counted.healed == 1
