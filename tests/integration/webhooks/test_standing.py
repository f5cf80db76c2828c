"""What attempts do to their endpoint: it fails, is left alone, comes back, or is given up."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from common import clock
from common.models import Webhook
from services.webhooks.client import Answer
from services.webhooks.health import OPENS_AFTER, Sign
from services.webhooks.jobs import Result
from services.webhooks.standing import Changes
from tests.integration.builders import Tenant, event, events_of, reread, webhook
from tests.integration.webhooks.delivering import Queue

URL = "https://example.com/hook"
FINE = Answer(200, None, "ok", 12, None)
BAD = Answer(500, None, "", 12, None)


@pytest.fixture
def hook(engine: sa.Engine, acme: Tenant) -> Webhook:
    return webhook(engine, acme, URL, "message.sent", "webhook.disabled")


@pytest.fixture
def end(engine: sa.Engine, jobs: Queue, acme: Tenant) -> Callable[..., Changes]:
    """So many attempts, made and ended in one set. `columns`: the endpoint's, at their end."""

    def attempts(sign: Sign | None, count: int = 1, **columns: Any) -> Changes:
        for _ in range(count):
            event(engine, acme)
        claims = jobs.claim(count)
        assert len(claims) == count
        if columns:
            with engine.begin() as connection:
                connection.execute(sa.update(Webhook).values(**columns))
        answer = FINE if sign is Sign.GOOD else BAD
        return jobs.record([Result(one, "delivered", answer, sign=sign) for one in claims])

    return attempts


def test_ten_failures_open_the_circuit(
    engine: sa.Engine, hook: Webhook, end: Callable[..., Changes]
) -> None:
    assert end(Sign.FAILED, OPENS_AFTER) == Changes(opened=(hook.id,))

    found = reread(engine, hook)
    assert (found.failures, found.enabled) == (OPENS_AFTER, True)
    assert found.probe_at
    assert found.failing_since


def test_a_good_probe_closes_it(
    engine: sa.Engine, hook: Webhook, end: Callable[..., Changes]
) -> None:
    end(Sign.FAILED, OPENS_AFTER)
    past = clock.now() - timedelta(seconds=1)
    with engine.begin() as connection:
        connection.execute(sa.update(Webhook).values(probe_at=past))

    assert end(Sign.GOOD) == Changes(closed=(hook.id,))

    found = reread(engine, hook)
    assert (found.failures, found.failing_since, found.probe_at) == (0, None, None)


def test_what_says_nothing_of_the_endpoint_changes_nothing(
    engine: sa.Engine, hook: Webhook, end: Callable[..., Changes]
) -> None:
    assert end(None, OPENS_AFTER) == Changes()

    assert reread(engine, hook).failures == 0


def test_five_days_of_nothing_but_failure_disable_it_and_it_is_told(
    engine: sa.Engine, acme: Tenant, hook: Webhook, end: Callable[..., Changes]
) -> None:
    six_days_ago = clock.now() - timedelta(days=6)

    changes = end(Sign.FAILED, failures=30, failing_since=six_days_ago)

    assert changes.disabled == (hook.id,)
    found = reread(engine, hook)
    assert (found.enabled, found.disabled_reason) == (False, "failing")
    told = events_of(engine, acme)[-1]
    assert (told.type, told.payload["enabled"]) == ("webhook.disabled", False)
    assert told.payload["disabledReason"]["message"] == "Every attempt of five days has failed."


def test_one_good_attempt_in_five_days_is_enough(
    engine: sa.Engine, hook: Webhook, end: Callable[..., Changes]
) -> None:
    six_days_ago = clock.now() - timedelta(days=6)
    with engine.begin() as connection:
        connection.execute(sa.update(Webhook).values(failures=5, failing_since=six_days_ago))

    end(Sign.GOOD)
    end(Sign.FAILED)

    assert reread(engine, hook).enabled is True


def test_an_endpoint_that_was_disabled_meanwhile_stays_as_its_owner_left_it(
    engine: sa.Engine, hook: Webhook, end: Callable[..., Changes]
) -> None:
    assert end(Sign.GONE, enabled=False, disabled_reason="owner") == Changes()

    assert reread(engine, hook).disabled_reason == "owner"
