"""housekeeping: what is old goes, and nothing else does; on a real Postgres."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from common import clock, housekeeping
from common.housekeeping import purge
from tests.integration import builders
from tests.integration.builders import Tenant
from tests.integration.common.ageing import (
    DAYS,
    GOING,
    LIMIT,
    MINUTE,
    answer,
    count,
    event,
    every,
    feedback,
    id_of,
    purged,
)
from tests.tenants import rows


@pytest.fixture
def acme(engine: Engine) -> Tenant:
    return builders.tenant(engine)


def test_feedback_goes_when_it_is_old_and_not_before(engine: Engine) -> None:
    before = purged("feedback")
    feedback(engine, LIMIT + MINUTE, 2)
    feedback(engine, LIMIT - MINUTE)
    feedback(engine, timedelta(0))

    purge(engine, housekeeping.feedback(DAYS), GOING)

    left = rows(engine, "SELECT now() - received_at AS age FROM feedback")
    assert [row["age"] < LIMIT for row in left] == [True, True]
    assert purged("feedback") == before + 2


def test_answers_go_a_day_and_an_hour_after_they_were_given(engine: Engine, acme: Tenant) -> None:
    for hours in (0, 24, 26, 100):
        answer(engine, acme, f"{hours}", timedelta(hours=hours))

    purge(engine, housekeeping.idempotency(), GOING)

    assert rows(engine, "SELECT key FROM idempotency ORDER BY key") == [
        {"key": "0"},
        {"key": "24"},
    ]


def test_answers_of_one_moment_all_go_whatever_the_batches(engine: Engine, acme: Tenant) -> None:
    for number in range(5):
        answer(engine, acme, f"{number}", timedelta(days=2))
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE idempotency SET created_at = '2026-01-01Z'"))

    purge(engine, housekeeping.idempotency(), GOING, most=2)

    assert count(engine, "idempotency") == 0


def test_an_event_goes_with_its_deliveries_and_all_their_attempts(
    engine: Engine, acme: Tenant
) -> None:
    counted = {table: purged(table) for table in ("event", "delivery", "attempt")}
    event(engine, acme, LIMIT + MINUTE, tries=3)
    event(engine, acme, LIMIT + MINUTE, state="exhausted")
    young = event(engine, acme, LIMIT - MINUTE)

    purge(engine, housekeeping.events(DAYS), GOING)

    assert [row["id"] for row in rows(engine, "SELECT id FROM event")] == [young]
    assert count(engine, "delivery") == count(engine, "attempt") == 1
    assert {table: purged(table) - counted[table] for table in counted} == {
        "event": 2,
        "delivery": 2,
        "attempt": 4,
    }


def test_an_event_that_is_still_to_be_told_stays_with_all_it_has(
    engine: Engine, acme: Tenant
) -> None:
    waiting = event(engine, acme, 2 * LIMIT, state="pending", tries=2)
    event(engine, acme, LIMIT + MINUTE)

    purge(engine, housekeeping.events(DAYS), GOING, most=1)

    assert [row["id"] for row in rows(engine, "SELECT id FROM event")] == [waiting]
    assert (count(engine, "delivery"), count(engine, "attempt")) == (1, 2)


def test_of_every_organization_and_of_nothing_else(engine: Engine, acme: Tenant) -> None:
    year = clock.now() - timedelta(days=365)
    builders.message(engine, acme, id=id_of(year), created_at=year)
    for owner in (acme, builders.tenant(engine)):
        event(engine, owner, LIMIT + MINUTE)
        answer(engine, owner, "key", LIMIT)
    feedback(engine, LIMIT + MINUTE)
    kept = ("message", "recipient", "thread", "inbox", "organization", "webhook")
    before = {table: count(engine, table) for table in kept}

    for retention in every():
        purge(engine, retention, GOING)

    assert {table: count(engine, table) for table in kept} == before
    assert [count(engine, table) for table in ("event", "idempotency", "feedback")] == [0, 0, 0]
