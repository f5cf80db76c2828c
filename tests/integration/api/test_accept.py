"""The set: each draft becomes its rows or nothing at all, whatever else is in the set."""

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa

from common.db import make_async_engine
from common.models import Inbox
from common.settings import Settings
from services.api import problems
from services.api.accept import SET, Acceptor, Outcome
from services.api.drafts import Origin, Parent
from services.api.schemas.messages import NewMessage
from tests.integration.api.accepting import FILE, NEW, submitted, within, written
from tests.integration.api.mailing import count
from tests.tenants import WAITING, Tenant, rows, tenant
from tests.waiting import eventually


@pytest.fixture
def owner(engine: sa.Engine) -> Tenant:
    return tenant(engine)


@pytest.fixture
def origin(engine: sa.Engine, owner: Tenant) -> Origin:
    [inbox] = rows(engine, "SELECT * FROM inbox")
    return Origin(owner.id, owner.inbox_id, inbox["email"], inbox["name"] or "")


def everything(engine: sa.Engine) -> int:
    tables = ("message", "recipient", "search", "attachment", "blob", "idempotency")
    return sum(count(engine, table) for table in tables)


def test_a_set_rings_once(settings: Settings, origin: Origin, engine: sa.Engine) -> None:
    outcomes, rung = submitted(settings, *(written(origin) for _ in range(20)))

    assert set(outcomes) == {Outcome.ACCEPTED}
    assert 1 <= len(rung) <= 3
    assert set(rung) == {"sender"}
    assert count(engine, "message") == 20


def test_one_that_cannot_be_accepted_does_not_touch_the_others(
    settings: Settings, origin: Origin, engine: sa.Engine
) -> None:
    foreign = Origin(tenant(engine).id, origin.inbox_id, origin.email, origin.name)

    outcomes, _ = submitted(settings, written(origin), written(foreign, "a"), written(origin))

    assert outcomes == [Outcome.ACCEPTED, Outcome.STALE, Outcome.ACCEPTED]
    assert count(engine, "message") == 2
    assert count(engine, "idempotency") == 0


def test_nothing_is_accepted_into_an_inbox_that_is_gone_or_renamed(
    settings: Settings, origin: Origin, engine: sa.Engine
) -> None:
    renamed = Origin(origin.organization_id, origin.inbox_id, origin.email, "Old name")
    outcomes, rung = submitted(settings, written(renamed, "a"))
    assert (outcomes, rung) == ([Outcome.STALE], [])

    with engine.begin() as connection:
        connection.execute(sa.update(Inbox).values(deleted_at=sa.func.now()))
    outcomes, rung = submitted(settings, written(origin, "a", new=with_file()))

    assert (outcomes, rung) == ([Outcome.STALE], [])
    assert everything(engine) == 0


def with_file() -> NewMessage:
    return NEW.model_copy(update={"attachments": (FILE,)})


def test_a_key_is_taken_by_one_draft_of_a_set(
    settings: Settings, origin: Origin, engine: sa.Engine
) -> None:
    outcomes, _ = submitted(settings, *(written(origin, "a") for _ in range(5)))

    assert sorted(outcomes, key=lambda one: one.name) == [
        Outcome.ACCEPTED,
        *[Outcome.KEY_TAKEN] * 4,
    ]
    assert count(engine, "message") == 1


def test_a_key_that_is_taken_leaves_no_files(
    settings: Settings, origin: Origin, engine: sa.Engine
) -> None:
    submitted(settings, written(origin, "a"))
    before = everything(engine)

    outcomes, _ = submitted(settings, written(origin, "a", new=with_file()))

    assert outcomes == [Outcome.KEY_TAKEN]
    assert everything(engine) == before


def test_what_a_key_keeps_is_the_answer(
    settings: Settings, origin: Origin, engine: sa.Engine
) -> None:
    one = written(origin, "a", new=NEW.model_copy(update={"text": "é😀\u2028\\u0041\"'\t"}))

    submitted(settings, one)

    [kept] = rows(engine, "SELECT body, status, fingerprint FROM idempotency")
    assert bytes(kept["body"]) == one.answer
    assert (kept["status"], kept["fingerprint"]) == (202, "print")


def test_what_the_database_refuses_fails_alone(
    settings: Settings, origin: Origin, engine: sa.Engine
) -> None:
    """Nothing that passes the door is refused by it; this is for what nobody has thought of."""
    broken = written(origin)
    broken.message["status"] = "no such status"

    async def use(acceptor: Acceptor) -> list[Any]:
        drafts = [written(origin), broken, written(origin)]
        return await asyncio.gather(
            *(acceptor.submit(one) for one in drafts), return_exceptions=True
        )

    outcomes, _ = within(settings, use)

    assert outcomes[0] == outcomes[2] == Outcome.ACCEPTED
    assert isinstance(outcomes[1], sa.exc.IntegrityError)
    assert count(engine, "message") == 2


def test_who_waits_behind_others_that_hang_is_told_in_time_and_is_not_written(
    settings: Settings, origin: Origin, engine: sa.Engine
) -> None:
    async def run(holding: sa.Connection) -> list[Any]:
        database = make_async_engine(settings)
        acceptor = Acceptor(database, lambda _: None)

        async def in_time(*draft: Any) -> Outcome:
            async with asyncio.timeout(0.5):
                return await acceptor.submit(written(origin, *draft))

        hanging = [in_time() for _ in range(2 * SET)]
        under_way = asyncio.gather(*hanging, return_exceptions=True)
        await asyncio.to_thread(eventually, lambda: rows(engine, WAITING))
        late = await asyncio.gather(in_time("late"), return_exceptions=True)
        await under_way
        holding.rollback()
        soon = await acceptor.submit(written(origin, "soon"))
        await acceptor.close()
        await database.dispose()
        return [*late, soon]

    with engine.connect() as holding:
        holding.execute(sa.text("LOCK TABLE message"))
        late, soon = asyncio.run(run(holding))

    assert isinstance(late, TimeoutError)
    assert problems.is_unavailable(late)
    assert soon == Outcome.ACCEPTED
    assert [one["key"] for one in rows(engine, "SELECT key FROM idempotency")] == ["soon"]


def test_replies_in_many_sets_at_once_are_all_counted(
    settings: Settings, origin: Origin, engine: sa.Engine
) -> None:
    first, second = written(origin), written(origin)
    submitted(settings, first, second)
    parents = [
        Parent(one.id, one.message["thread_id"], ["<1@x.example>"]) for one in (first, second)
    ]

    replies = [written(origin, f"{at}", parents[at % 2]) for at in range(60)]
    outcomes, _ = submitted(settings, *replies)

    assert set(outcomes) == {Outcome.ACCEPTED}
    threads = {one["id"]: one for one in rows(engine, "SELECT * FROM thread")}
    for at, parent in enumerate(parents):
        thread = threads[parent.thread_id]
        assert thread["message_count"] == 31
        assert thread["last_message_id"] == max(one.id for one in replies[at::2])
        assert thread["updated_at"] > thread["created_at"]
