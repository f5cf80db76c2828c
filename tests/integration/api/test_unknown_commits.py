"""The database commits, and nobody hears of it: no success is told, and a repetition finds it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import httpx
import pytest
import sqlalchemy as sa

from common.db import OF_THE_API
from common.settings import Settings
from tests.integration.api.mailing import box, count, mail
from tests.integration.api.refusals import FILE
from tests.integration.api.serving import Organization, served
from tests.waiting import eventually

IMPATIENT = replace(OF_THE_API, answer=0.4)
KEY = {"idempotency-key": "order-4711"}
# It does not look whether its client is still there: that would end it, in a second or in none.
SLOW_COMMIT = """
    CREATE FUNCTION rest() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM set_config('client_connection_check_interval', '0', true), pg_sleep(1);
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION rest();
"""


@pytest.fixture
def impatient(settings: Settings, owner: Organization) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {owner.key}"}
    with (
        served(settings, IMPATIENT) as url,
        httpx.Client(base_url=url, headers=headers, timeout=30) as client,
    ):
        yield client


@pytest.mark.parametrize("kind", ["message", "message with a file", "inbox"])
def test_a_commit_of_unknown_end_is_no_success_and_is_not_done_twice(
    client: httpx.Client, impatient: httpx.Client, engine: sa.Engine, kind: str
) -> None:
    shop, table = box(client), kind.split(maxsplit=1)[0]
    before = count(engine, table)
    body = mail(attachments=[FILE]) if "file" in kind else mail()
    asked = ("/v1/inboxes", {}) if kind == "inbox" else (f"{shop.path}/messages/send", body)
    ask = partial(impatient.post, asked[0], json=asked[1], headers=KEY)
    with engine.begin() as connection:
        connection.execute(sa.text(SLOW_COMMIT.format(table=table)))

    first = ask()
    answers = [first]
    eventually(lambda: again(ask, answers))

    assert (first.status_code, first.json()["code"]) == (503, "unavailable")
    assert {one.status_code for one in answers[:-1]} <= {409, 503}
    assert answers[-1].headers["idempotent-replayed"] == "true"
    assert count(engine, table) == before + 1


def again(ask: Callable[[], httpx.Response], answers: list[httpx.Response]) -> bool:
    answers.append(ask())
    return answers[-1].is_success
