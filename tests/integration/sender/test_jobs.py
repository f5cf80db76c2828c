"""The sender's queue: who gets a message, and who loses it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from common import clock, ids
from services.sender.claims import OLDEST_WAITING, SUSPECT
from services.sender.jobs import Claimed, Jobs
from tests.integration.builders import message, reread, tenant


def ids_of(claims: list[Claimed]) -> list[object]:
    return [one.id for one in claims]


def test_two_workers_never_claim_the_same_message(engine: sa.Engine, jobs: Jobs) -> None:
    acme = tenant(engine)
    queued = {message(engine, acme).id for _ in range(20)}

    with ThreadPoolExecutor(4) as workers:
        hauls = list(workers.map(jobs.claim, [7] * 8))

    claimed = [one.id for haul in hauls for one in haul]
    assert len(claimed) == len(set(claimed))
    assert queued == set(claimed)


def test_the_oldest_are_claimed_first_and_in_their_order(engine: sa.Engine, jobs: Jobs) -> None:
    acme, now = tenant(engine), clock.now()
    by_age = {
        age: message(engine, acme, due_at=now - timedelta(minutes=age)).id for age in (3, 9, 1, 7)
    }

    first, rest = jobs.claim(2), jobs.claim(2)

    assert [by_age[9], by_age[7]] == ids_of(first)
    assert [by_age[3], by_age[1]] == ids_of(rest)


def test_what_is_not_due_is_left(engine: sa.Engine, jobs: Jobs) -> None:
    message(engine, tenant(engine), due_at=clock.now() + timedelta(minutes=1))

    assert jobs.claim(10) == []


@pytest.mark.parametrize("state", ["sending", "unknown", "done", None])
def test_only_queued_messages_are_claimed(engine: sa.Engine, jobs: Jobs, state: str | None) -> None:
    message(engine, tenant(engine), send_state=state)

    assert jobs.claim(10) == []


def test_a_claimed_message_is_free_again_when_its_lease_has_run_out(
    engine: sa.Engine, jobs: Jobs, lapse: Callable[[], None]
) -> None:
    queued = message(engine, tenant(engine))
    jobs.claim(1)

    before = jobs.claim(1)
    lapse()
    after = jobs.claim(1)

    assert before == []
    assert [queued.id] == ids_of(after)


def test_a_message_given_back_is_free_at_once(engine: sa.Engine, jobs: Jobs) -> None:
    queued = message(engine, tenant(engine))
    jobs.give_back(jobs.claim(1))

    assert [queued.id] == ids_of(jobs.claim(1))
    assert reread(engine, queued).attempts == 0


def test_only_its_owner_can_give_a_message_back(
    engine: sa.Engine, jobs: Jobs, lapse: Callable[[], None]
) -> None:
    message(engine, tenant(engine))
    stale = jobs.claim(1)
    lapse()
    jobs.claim(1)

    jobs.give_back(stale)

    assert jobs.claim(1) == []


def test_a_started_message_cannot_be_given_back(engine: sa.Engine, jobs: Jobs) -> None:
    queued = message(engine, tenant(engine))
    claims = jobs.claim(1)
    jobs.start(claims)

    jobs.give_back(claims)

    assert reread(engine, queued).send_state == "sending"
    assert jobs.claim(1) == []


def test_a_start_counts_the_attempt_and_holds_the_message_anew(
    engine: sa.Engine, jobs: Jobs
) -> None:
    queued = message(engine, tenant(engine), attempts=2)
    claims = jobs.claim(1)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE message SET lease_until = now() + interval '1 s'"))

    assert jobs.start(claims) == [3]

    started = reread(engine, queued)
    assert (started.send_state, started.attempts) == ("sending", 3)
    assert started.lease_until is not None
    assert started.lease_until > clock.now() + timedelta(seconds=30)


def test_a_start_is_refused_after_the_lease(
    engine: sa.Engine, jobs: Jobs, lapse: Callable[[], None]
) -> None:
    queued = message(engine, tenant(engine))
    claims = jobs.claim(1)
    lapse()

    assert jobs.start(claims) == [None]
    assert reread(engine, queued).send_state == "queued"


def test_a_start_is_refused_to_all_but_the_owner(
    engine: sa.Engine, jobs: Jobs, lapse: Callable[[], None]
) -> None:
    message(engine, tenant(engine))
    stale = jobs.claim(1)
    lapse()
    fresh = jobs.claim(1)

    assert jobs.start(stale) == [None]
    assert jobs.start(fresh) == [1]


def test_a_message_is_started_once(engine: sa.Engine, jobs: Jobs) -> None:
    message(engine, tenant(engine))
    claims = jobs.claim(1)

    assert jobs.start(claims) == [1]
    assert jobs.start(claims) == [None]


def test_each_of_a_set_gets_its_own_answer(engine: sa.Engine, jobs: Jobs) -> None:
    acme = tenant(engine)
    for attempts in (4, 0):
        message(engine, acme, attempts=attempts, due_at=clock.now() - timedelta(minutes=attempts))
    ours = jobs.claim(2)
    nobodys = Claimed({"id": ids.new()}, ids.new())

    assert jobs.start([ours[0], nobodys, ours[1]]) == [5, None, 1]


def test_of_two_claims_of_one_message_only_the_one_that_holds_is_started(
    engine: sa.Engine, jobs: Jobs, lapse: Callable[[], None]
) -> None:
    """Also where both are started in one set, as by a process that has slept."""
    message(engine, tenant(engine))
    ran_out = jobs.claim(1)
    lapse()
    holds = jobs.claim(1)

    assert jobs.start([*ran_out, *holds]) == [None, 1]


@pytest.mark.parametrize("claims", [0, SUSPECT])
def test_the_oldest_waiting_message_is_measured(engine: sa.Engine, jobs: Jobs, claims: int) -> None:
    """Of any organization, and one that may kill its senders, too."""
    message(engine, tenant(engine), due_at=clock.now() - timedelta(minutes=1))
    message(engine, tenant(engine), due_at=clock.now() - timedelta(minutes=10), claims=claims)
    message(engine, tenant(engine), due_at=clock.now() + timedelta(minutes=1))
    with engine.connect() as connection:
        waiting = connection.execute(sa.text(OLDEST_WAITING)).scalar_one()
        assert len(jobs.claim(10) + jobs.claim_suspect()) == 2
        claimed = connection.execute(sa.text(OLDEST_WAITING)).scalar_one()

    assert 600 <= waiting < 660
    assert claimed is None
