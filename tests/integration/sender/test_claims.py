"""Whose turn it is: organizations by turns, recipients counted, suspects alone."""

from collections import Counter
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from common import clock
from common.models import Message
from services.sender.claims import MOST_CLAIMS, OLDEST_WAITING, SUSPECT
from services.sender.jobs import Claimed, Jobs
from tests.integration.builders import Tenant, message, reread, tenant


def owners(claims: list[Claimed]) -> Counter[UUID]:
    return Counter(one.row["organization_id"] for one in claims)


def backlog(engine: sa.Engine, owner: Tenant, count: int) -> None:
    due = clock.now() - timedelta(hours=1)
    for at in range(count):
        message(engine, owner, due_at=due + timedelta(seconds=at))


def test_a_backlog_of_one_organization_holds_no_other_back(engine: sa.Engine, jobs: Jobs) -> None:
    busy, quiet = tenant(engine), tenant(engine)
    backlog(engine, busy, 20)
    urgent = message(engine, quiet)

    claims = jobs.claim(4)

    assert urgent.id in [one.id for one in claims[:2]]
    assert owners(claims)[busy.organization.id] >= 2


def test_turns_go_on_where_the_last_claim_ended(engine: sa.Engine, jobs: Jobs) -> None:
    owners_of_backlogs = [tenant(engine) for _ in range(5)]
    for owner in owners_of_backlogs:
        backlog(engine, owner, 4)

    taken = owners([jobs.claim(1)[0] for _ in range(10)])

    assert set(taken.values()) == {2}
    assert len(taken) == 5


def test_a_claim_is_full_although_some_have_little(engine: sa.Engine, jobs: Jobs) -> None:
    """Soon: the next claim takes what this one has left free."""
    busy = tenant(engine)
    backlog(engine, busy, 10)
    for _ in range(3):
        message(engine, tenant(engine))

    claims = jobs.claim(8) + jobs.claim(8)

    assert owners(claims)[busy.organization.id] >= 6
    assert len(owners(claims)) == 4


def test_within_an_organization_the_oldest_goes_first(engine: sa.Engine, jobs: Jobs) -> None:
    acme = tenant(engine)
    backlog(engine, acme, 6)

    due = [one.row["due_at"] for one in jobs.claim(3) + jobs.claim(3)]

    assert due == sorted(due)
    assert len(due) == 6


def test_who_has_nothing_due_takes_no_turn(engine: sa.Engine, jobs: Jobs) -> None:
    for _ in range(4):
        message(engine, tenant(engine), due_at=clock.now() + timedelta(hours=1))
    busy = tenant(engine)
    backlog(engine, busy, 3)

    assert owners(jobs.claim(3)) == {busy.organization.id: 3}


def test_recipients_bound_a_claim(engine: sa.Engine, jobs: Jobs) -> None:
    acme = tenant(engine)
    for at in range(3):
        message(
            engine,
            acme,
            to=tuple(f"{name}@example.com" for name in "abcdef"),
            due_at=clock.now() - timedelta(minutes=9 - at),
        )

    first, second = jobs.claim(10, recipients=7), jobs.claim(10, recipients=1)

    assert [one.recipients for one in first] == [6, 6]  # the second begins below the bound
    assert [one.recipients for one in second] == [6]  # one goes in any case


def test_a_message_counts_its_claims_until_it_is_given_back(engine: sa.Engine, jobs: Jobs) -> None:
    queued = message(engine, tenant(engine))

    claims = jobs.claim(1)
    assert reread(engine, queued).claims == 1
    jobs.give_back(claims)

    assert reread(engine, queued).claims == 0


def test_a_suspect_is_claimed_alone(engine: sa.Engine, jobs: Jobs) -> None:
    acme = tenant(engine)
    suspects = {message(engine, acme, claims=SUSPECT).id for _ in range(2)}
    harmless = message(engine, acme)

    assert [one.id for one in jobs.claim(10)] == [harmless.id]
    (first,), (second,) = jobs.claim_suspect(), jobs.claim_suspect()

    assert {first.id, second.id} == suspects
    assert jobs.claim_suspect() == []


def test_a_suspect_takes_no_turn_from_others(engine: sa.Engine, jobs: Jobs) -> None:
    """Wherever in the round it stands."""
    harmless = set()
    for _ in range(4):
        message(engine, tenant(engine), claims=SUSPECT)
        harmless.add(message(engine, tenant(engine)).id)

    assert {jobs.claim(1)[0].id for _ in range(4)} == harmless


def test_who_was_claimed_in_vain_too_often_is_not_claimed_again(
    engine: sa.Engine, jobs: Jobs
) -> None:
    poison: Message = message(engine, tenant(engine), claims=MOST_CLAIMS)

    assert jobs.claim(10) + jobs.claim_suspect() == []
    assert reread(engine, poison).claims == MOST_CLAIMS


def _pause(engine: sa.Engine, owner: Tenant, at: str) -> None:
    with engine.begin() as connection:
        statement = f"UPDATE organization SET paused_at = {at} WHERE id = :id"
        connection.execute(sa.text(statement), {"id": owner.organization.id})


def test_of_who_is_paused_nothing_is_claimed_and_it_keeps_its_place(
    engine: sa.Engine, jobs: Jobs
) -> None:
    paused, other = tenant(engine), tenant(engine)
    waiting, going = message(engine, paused), message(engine, other)
    suspect = message(engine, paused, claims=SUSPECT)
    _pause(engine, paused, "now()")

    assert [one.id for one in jobs.claim(10)] == [going.id]
    assert jobs.claim_suspect() == []

    _pause(engine, paused, "NULL")
    assert [one.id for one in jobs.claim(10)] == [waiting.id]
    assert [one.id for one in jobs.claim_suspect()] == [suspect.id]


def test_what_is_paused_is_no_backlog(engine: sa.Engine) -> None:
    paused, other = tenant(engine), tenant(engine)
    message(engine, paused, due_at=clock.now() - timedelta(hours=5))
    message(engine, other, due_at=clock.now() - timedelta(seconds=30))
    _pause(engine, paused, "now()")

    with engine.connect() as connection:
        age = connection.execute(sa.text(OLDEST_WAITING)).scalar_one()

    assert 30 <= age < 3600
