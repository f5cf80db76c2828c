"""No hot query reads a tenant's table from its beginning to its end, and the planner knows how many
rows an inbox has: who thinks that they are less than a page reads and sorts all of them.

Each is explained as it was sent, after the real code has sent it: a statement that is changed is
judged anew, and one that is new is judged without anybody thinking of it.
"""

from collections.abc import Callable, Iterator
from functools import partial

import sqlalchemy as sa
from sqlmodel import SQLModel

from common.settings import Settings
from services.api.cursor import LIMIT
from tests.integration.plans import captured, hot, hot_api, land
from tests.integration.plans.captured import Captured, Said

TENANTS = {
    table.name for table in SQLModel.metadata.sorted_tables if "organization_id" in table.columns
}
WHOLE = "SELECT subject FROM message WHERE subject = 'x'"
PAGE_OF_THREADS = "< %(before)s ORDER BY t.last_message_id DESC LIMIT %(limit)s"


def test_no_hot_query_reads_a_whole_table(engine: sa.Engine, settings: Settings) -> None:
    land.fill(engine)
    heard = Captured()
    with heard.listening():
        for by, do in hot_ways(engine, settings).items():
            heard.by = by
            do()

    assert dict(whole_tables(engine, heard)) == {}
    assert dict(whole_tables(engine, Captured({"": Said("test", WHOLE, {})})))  # it would be seen
    (page,) = (one for one in heard.said.values() if PAGE_OF_THREADS in one.statement)
    with engine.connect() as connection:
        assert captured.expected(captured.plan(connection, page), "thread") > LIMIT


def hot_ways(engine: sa.Engine, settings: Settings) -> dict[str, Callable[[], None]]:
    return {
        "sender": partial(hot.sender, engine),
        "leftovers": partial(hot.leftovers, engine),
        "ages": partial(hot.ages, engine),
        "status": partial(hot.status, engine),
        "inbound": partial(hot.inbound, engine),
        "webhooks": partial(hot.webhook_worker, settings),
        "api": partial(hot_api.callers, engine, settings),
        "housekeeping": partial(hot.keeping_house, engine),
    }


def whole_tables(engine: sa.Engine, heard: Captured) -> Iterator[tuple[str, set[str]]]:
    """Statements by who has sent them, with the tables that they would read through."""
    with engine.connect() as connection:
        for one in heard.said.values():
            if found := captured.read_through(captured.plan(connection, one)) & TENANTS:
                yield f"{one.by}: {one.statement}", found
