"""What is known of a request before anything is done for it."""

import asyncio

import pytest
import sqlalchemy as sa

from common import ids
from common.models import Inbox
from common.settings import Settings
from services.api.accept import Acceptor
from services.api.drafts import Origin
from services.api.lookup import Known, Question
from tests.integration.api.accepting import submitted, within, written
from tests.tenants import Tenant, rows, tenant


@pytest.fixture
def owner(engine: sa.Engine) -> Tenant:
    return tenant(engine)


@pytest.fixture
def origin(engine: sa.Engine, owner: Tenant) -> Origin:
    [inbox] = rows(engine, "SELECT * FROM inbox")
    return Origin(owner.id, owner.inbox_id, inbox["email"], inbox["name"] or "")


def test_a_look_up_knows_only_ones_own_inboxes(
    settings: Settings, origin: Origin, engine: sa.Engine
) -> None:
    other = tenant(engine)

    async def use(acceptor: Acceptor) -> list[Known]:
        places = (
            (origin.organization_id, origin.inbox_id),
            (other.id, origin.inbox_id),
            (origin.organization_id, ids.new()),
            (origin.organization_id, origin.inbox_id),
        )
        return list(await asyncio.gather(*(acceptor.look(Question(*one)) for one in places)))

    known, _ = within(settings, use)

    assert [one.origin for one in known] == [origin, None, None, origin]


def test_a_look_up_knows_which_keys_have_an_answer(settings: Settings, origin: Origin) -> None:
    submitted(settings, written(origin, "a"))

    async def use(acceptor: Acceptor) -> list[Known]:
        place = (origin.organization_id, origin.inbox_id)
        questions = [Question(*place), Question(*place, "a"), Question(*place, "b")]
        return list(await asyncio.gather(*map(acceptor.look, questions)))

    known, _ = within(settings, use)

    assert [one.answered for one in known] == [False, True, False]


def test_an_inbox_that_was_seen_is_asked_for_afresh_when_it_turned_out_old(
    settings: Settings, origin: Origin, engine: sa.Engine
) -> None:
    async def use(acceptor: Acceptor) -> tuple[Known, Known]:
        question = Question(origin.organization_id, origin.inbox_id)
        await acceptor.look(question)
        with engine.begin() as connection:
            put_name(connection)
        return await acceptor.look(question), await acceptor.look(question, afresh=True)

    (believed, fresh), _ = within(settings, use)

    assert believed.origin == origin
    assert fresh.origin is not None
    assert fresh.origin.name == "New"


def put_name(connection: sa.Connection) -> None:
    connection.execute(sa.update(Inbox).values(name="New"))
