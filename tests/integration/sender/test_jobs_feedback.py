"""What SES reports may come before its answer to us: neither undoes the other."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from common import clock, tracking
from common.models import Message
from common.tracking import Sighting
from services.sender.jobs import Claimed, Jobs, Result
from tests.integration.builders import Tenant, events_of, message, reread, tenant
from tests.integration.sender.results import accepted, started, unknown


@pytest.fixture
def acme(engine: sa.Engine) -> Tenant:
    return tenant(engine)


def report(engine: sa.Engine, sighting: Sighting) -> None:
    """As the status worker does with an event of SES."""
    with engine.begin() as connection:
        tracked = tracking.lock(connection, [sighting.message_id])
        tracked[sighting.message_id].see(sighting)
        tracking.save(connection, tracked.values())


@pytest.mark.parametrize("result", [accepted, unknown])
def test_an_event_of_ses_that_was_faster_stands(
    engine: sa.Engine, jobs: Jobs, acme: Tenant, result: Callable[[Claimed], Result]
) -> None:
    queued = message(engine, acme)
    claimed = started(jobs)
    report(engine, Sighting(queued.id, "delivered", clock.now(), external_id="0100"))

    jobs.record([result(claimed)])

    left: Message = reread(engine, queued)
    assert (left.status, left.status_reason, left.send_state) == ("delivered", None, "done")
    assert left.external_message_id == "0100"
    assert (left.lease_token, left.lease_until) == (None, None)
    kinds = [one.type for one in events_of(engine, acme)]
    assert kinds == ["message.sent", "message.delivered"]


def test_an_event_of_ses_heals_what_was_unknown(
    engine: sa.Engine, jobs: Jobs, acme: Tenant
) -> None:
    queued = message(engine, acme)
    jobs.record([unknown(started(jobs))])

    report(engine, Sighting(queued.id, "sent", clock.now(), external_id="0100"))

    left: Message = reread(engine, queued)
    assert (left.status, left.status_reason, left.send_state) == ("sent", None, "done")
    assert [one.type for one in events_of(engine, acme)] == ["message.sent"]
