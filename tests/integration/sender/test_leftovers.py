"""What senders leave behind is brought to an end, and the end is told."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from common import clock
from common.models import Checkpoint, Message
from common.models.checkpoint import FEEDBACK
from services.sender.claims import MOST_CLAIMS
from services.sender.jobs import Jobs
from services.sender.leftovers import MOST_CALLS, Found, Leftovers, Policy
from tests.integration.builders import (
    deliveries_of,
    events_of,
    message,
    recipients_of,
    reread,
    tenant,
    webhook,
)
from tests.tenants import put

GRACE = timedelta(minutes=10)
NOTHING = Found()


def leftovers(engine: sa.Engine, policy: Policy = "hold") -> Leftovers:
    return Leftovers(engine, policy, GRACE)


def heard(engine: sa.Engine, ago: timedelta) -> None:
    put(engine, Checkpoint(name=FEEDBACK, at=clock.now() - ago))


def doubtful(engine: sa.Engine, grace_over: timedelta) -> Message:
    due = clock.now() - grace_over
    return message(engine, tenant(engine), send_state="unknown", due_at=due, attempts=1)


def test_a_started_message_whose_sender_vanished_is_unknown(
    engine: sa.Engine, jobs: Jobs, lapse: Callable[[], None]
) -> None:
    acme = tenant(engine)
    queued = message(engine, acme)
    jobs.start(jobs.claim(1))

    assert leftovers(engine).settle() == NOTHING
    lapse()
    assert leftovers(engine).settle() == Found(vanished=1)
    assert leftovers(engine).settle() == NOTHING

    assert jobs.claim(1) == []
    left = reread(engine, queued)
    assert (left.send_state, left.status, left.attempts) == ("unknown", "queued", 1)
    assert left.status_reason is not None
    assert left.status_reason["type"] == "Vanished"
    assert left.due_at is not None
    assert GRACE - timedelta(minutes=1) < left.due_at - clock.now() <= GRACE
    assert (left.lease_token, left.lease_until) == (None, None)
    assert [one.status for one in recipients_of(engine, queued)] == ["unknown"]
    assert events_of(engine, acme) == []


def test_when_nobody_has_told_it_is_held_and_that_is_told(engine: sa.Engine) -> None:
    acme = tenant(engine)
    webhook(engine, acme, "https://example.com/hook", "message.held")
    due = clock.now() - timedelta(seconds=10)
    left = message(engine, acme, send_state="unknown", due_at=due)
    heard(engine, timedelta(seconds=5))

    assert leftovers(engine).settle() == Found(held=1, deliveries=1)
    assert leftovers(engine).settle() == NOTHING

    held = reread(engine, left)
    assert (held.send_state, held.status) == ("held", "queued")
    assert held.status_reason is not None
    assert held.status_reason["type"] == "Held"
    (told,) = events_of(engine, acme)
    assert (told.type, told.payload["statusReason"]) == ("message.held", held.status_reason)
    assert len(deliveries_of(engine, acme)) == 1


@pytest.mark.parametrize("policy", ["hold", "resend"])
def test_within_the_grace_nothing_happens(engine: sa.Engine, policy: Policy) -> None:
    doubtful(engine, timedelta(seconds=-30))
    heard(engine, timedelta(0))

    assert leftovers(engine, policy).settle() == NOTHING


@pytest.mark.parametrize("policy", ["hold", "resend"])
def test_a_grace_is_not_over_while_nobody_has_listened(engine: sa.Engine, policy: Policy) -> None:
    doubtful(engine, timedelta(seconds=10))
    assert leftovers(engine, policy).settle() == NOTHING

    heard(engine, timedelta(seconds=20))
    assert leftovers(engine, policy).settle() == NOTHING


def test_held_it_is_in_the_end_although_nobody_listens(engine: sa.Engine) -> None:
    doubtful(engine, timedelta(hours=2))

    assert leftovers(engine, "resend").settle() == NOTHING
    assert leftovers(engine, "hold").settle() == Found(held=1)


def test_where_it_is_asked_for_it_is_sent_again(engine: sa.Engine, jobs: Jobs) -> None:
    left = doubtful(engine, timedelta(seconds=10))
    heard(engine, timedelta(seconds=5))

    assert leftovers(engine, "resend").settle() == Found(resent=1)

    (claimed,) = jobs.claim(1)
    assert claimed.id == left.id
    assert jobs.start([claimed]) == [2]


def test_it_is_not_sent_again_without_end(engine: sa.Engine) -> None:
    due = clock.now() - timedelta(seconds=10)
    message(engine, tenant(engine), send_state="unknown", due_at=due, attempts=MOST_CALLS)
    heard(engine, timedelta(seconds=5))

    assert leftovers(engine, "resend").settle() == Found(held=1)


def test_a_call_that_was_begun_makes_no_suspect(
    engine: sa.Engine, jobs: Jobs, lapse: Callable[[], None]
) -> None:
    queued = message(engine, tenant(engine), claims=1)
    jobs.start(jobs.claim(1))
    lapse()

    leftovers(engine, "resend").settle()

    assert reread(engine, queued).claims == 0


def test_what_kills_its_senders_is_rejected_and_that_is_told(
    engine: sa.Engine, lapse: Callable[[], None]
) -> None:
    acme = tenant(engine)
    lease = clock.now() + timedelta(minutes=1)
    poison = message(engine, acme, claims=MOST_CLAIMS, lease_until=lease)

    assert leftovers(engine).settle() == NOTHING  # the last of them may yet come back
    lapse()
    assert leftovers(engine).settle() == Found(rejected=1)

    rejected = reread(engine, poison)
    assert (rejected.send_state, rejected.status) == ("done", "rejected")
    assert rejected.status_reason is not None
    assert rejected.status_reason["type"] == "KilledSenders"
    assert [one.type for one in events_of(engine, acme)] == ["message.rejected"]
