"""housekeeping: in small batches, beside others, and ended at any time."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from common import clock, housekeeping, ids
from common.housekeeping import Retention, purge
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
    purged,
)
from tests.waiting import eventually


@pytest.fixture
def acme(engine: Engine) -> Tenant:
    return builders.tenant(engine)


class Pauses(threading.Event):
    """A stop that comes in one of the pauses, if at all; the pauses cost no time."""

    def __init__(self, stop_in: int | None = None) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self._stop_in = stop_in

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout or 0.0)
        if len(self.seconds) == self._stop_in:
            self.set()
        return self.is_set()


def test_in_batches_with_a_pause_after_each_but_the_last(engine: Engine) -> None:
    feedback(engine, LIMIT + MINUTE, 5)
    pauses = Pauses()

    batches = purge(engine, housekeeping.feedback(DAYS), pauses, most=2)

    assert batches == 3
    assert len(pauses.seconds) == 2
    assert min(pauses.seconds) > 0
    assert count(engine, "feedback") == 0


def test_a_stop_ends_it_after_the_batch_that_it_is_in(engine: Engine) -> None:
    feedback(engine, LIMIT + MINUTE, 5)

    batches = purge(engine, housekeeping.feedback(DAYS), Pauses(stop_in=2), most=2)

    assert batches == 2
    assert count(engine, "feedback") == 1


def test_what_another_holds_is_passed_over(engine: Engine, acme: Tenant) -> None:
    for number in range(3):
        feedback(engine, LIMIT + MINUTE)
        event(engine, acme, LIMIT + MINUTE)
        answer(engine, acme, f"{number}", LIMIT)
    tables = ("event", "idempotency", "feedback")

    with engine.begin() as connection:
        for table in tables:
            connection.execute(sa.text(f"SELECT 1 FROM {table} LIMIT 1 FOR UPDATE"))
        for retention in every():
            purge(engine, retention, GOING, most=1)
        assert [count(engine, table) for table in tables] == [1, 1, 1]
    for retention in every():
        purge(engine, retention, GOING)

    assert [count(engine, table) for table in tables] == [0, 0, 0]


def test_two_at_once_share_the_work_and_neither_fails(engine: Engine, acme: Tenant) -> None:
    before = purged("event"), purged("attempt")
    for _ in range(12):
        event(engine, acme, LIMIT + MINUTE, tries=2)
    together = threading.Barrier(2)

    def work() -> None:
        together.wait()
        purge(engine, housekeeping.events(DAYS), GOING, most=3)

    with ThreadPoolExecutor(2) as pool:
        for future in [pool.submit(work) for _ in range(2)]:
            future.result()

    assert [count(engine, table) for table in ("event", "delivery", "attempt")] == [0, 0, 0]
    assert (purged("event"), purged("attempt")) == (before[0] + 12, before[1] + 24)


def test_its_thread_ends_with_the_worker(engine: Engine) -> None:
    feedback(engine, LIMIT + MINUTE)

    with housekeeping.running(engine, housekeeping.feedback(DAYS)):
        eventually(lambda: count(engine, "feedback") == 0)

    assert "housekeeping" not in {one.name for one in threading.enumerate()}


def rename(engine: Engine, table: str, name: str) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text(f"ALTER TABLE {table} RENAME TO {name}"))


def test_trouble_with_one_table_keeps_no_other_waiting_and_passes(
    engine: Engine, acme: Tenant
) -> None:
    both = housekeeping.feedback(DAYS), housekeeping.idempotency()
    feedback(engine, LIMIT + MINUTE)
    answer(engine, acme, "key", LIMIT)
    rename(engine, "feedback", "away")

    with housekeeping.running(engine, *both, look_seconds=0.05):
        eventually(lambda: count(engine, "idempotency") == 0)
        rename(engine, "away", "feedback")
        eventually(lambda: count(engine, "feedback") == 0)


@pytest.mark.parametrize("retention", every(), ids=lambda one: one.table)
def test_age_is_found_by_an_index(engine: Engine, retention: Retention) -> None:
    values = {
        "after": retention.begin,
        "before": ids.new(),
        "cutoff": clock.now(),
        "most": housekeeping.A_BATCH,
    }
    query = retention.delete.text
    asked = {name: value for name, value in values.items() if f":{name}" in query}

    with engine.begin() as connection:
        for way in ("seqscan", "bitmapscan", "sort"):  # of a few rows; not of many
            connection.execute(sa.text(f"SET LOCAL enable_{way} = off"))
        plan = "\n".join(connection.execute(sa.text(f"EXPLAIN {query}"), asked).scalars())

    age = (
        "ix_idempotency_created_at" if retention.table == "idempotency" else f"pk_{retention.table}"
    )
    assert f"Index Scan using {age}" in plan
    assert "Seq Scan" not in plan
