"""A request that is refused has changed nothing: rows before and after are equal.

Every route, every reason that anybody has thought of, what is another organization's included.
A case that is not refused as it says fails too.
"""

import hashlib
from typing import Final

import httpx
import pytest
import sqlalchemy as sa

from tests.e2e.document import DOCUMENT
from tests.integration.api.mailing import Body, Box, box, count, mail, received, told
from tests.integration.api.refusals import FILE, HOOK, ROOMS
from tests.integration.api.serving import MakeOrganization, Organization
from tests.waiting import eventually


@pytest.fixture
def owner(organization: MakeOrganization, request: pytest.FixtureRequest) -> Organization:
    """Past the limit: what `names` sends is all that may be sent."""
    past = request.node.callspec.params["room"] == "past the limit"
    return organization("acme", sends_per_hour=SENT if past else 1000)


SENT: Final = 3


@pytest.fixture
def names(
    engine: sa.Engine, client: httpx.Client, stranger: httpx.Client, owner: Organization
) -> dict[str, str]:
    """The ids of what there is, mine and theirs, by the names that paths use."""
    shop = box(client, email="shop@mail.test")
    deleted = box(client, email="deleted@mail.test")
    client.delete(deleted.path)
    sent = told(shop.post(mail(attachments=[FILE], labels=["a"]), idempotency_key="used"))
    [key] = client.get("/v1/api_keys").json()
    mine = {
        "inbox": shop.id,
        "other_inbox": box(client).id,
        "deleted_inbox": deleted.id,
        "sent": sent["id"],
        "to_oneself": shop.send(to=[shop.email])["id"],
        "received": received(engine, owner.id, shop),
        "key": key["id"],
    }
    shop.reply(mine["received"])
    return mine | theirs(stranger)


def theirs(stranger: httpx.Client) -> dict[str, str]:
    inbox: Box = box(stranger, email="theirs@mail.test")
    sent: Body = inbox.send()
    [key] = stranger.get("/v1/api_keys").json()
    return {
        "their_inbox": inbox.id,
        "their_message": sent["id"],
        "their_thread": sent["threadId"],
        "their_webhook": told(stranger.post("/v1/webhooks", json=HOOK))["id"],
        "their_key": key["id"],
    }


def contents(engine: sa.Engine) -> dict[str, tuple[int, str]]:
    """Of every table the number of its rows, and a hash of all that is in them."""
    tables = sa.inspect(engine).get_table_names()
    with engine.connect() as connection:
        return {table: _contents(connection, table) for table in tables}


def _contents(connection: sa.Connection, table: str) -> tuple[int, str]:
    query = sa.text(f'SELECT CAST(t AS text) FROM "{table}" t ORDER BY 1')
    found = connection.execute(query).scalars().all()
    return len(found), hashlib.sha256("\n".join(found).encode()).hexdigest()


@pytest.mark.parametrize("room", ROOMS)
def test_a_request_that_is_refused_has_changed_nothing(
    room: str, client: httpx.Client, names: dict[str, str], engine: sa.Engine
) -> None:
    # The words of what was sent above are still being indexed: that is no request's doing.
    eventually(lambda: not count(engine, "search WHERE document IS NULL"))
    before = contents(engine)
    assert before["message"][0] == SENT + 2

    for case in ROOMS[room]:
        response = case.ask(client, names)

        problem = response.json()
        assert f"{response.status_code} {problem['code']}" == case.answer, (case.request, problem)
        assert response.headers["content-type"] == "application/problem+json"
        assert contents(engine) == before, case


def test_the_cases_name_every_route_that_can_change_something() -> None:
    """So that a new route cannot be forgotten here."""
    written = {
        f"{method.upper()} {path}".partition("?")[0]
        for path, methods in DOCUMENT["paths"].items()
        for method in methods
        if method != "get"
    }
    asked = {case.request for cases in ROOMS.values() for case in cases}

    assert {one for one in written if not any(_is_of(request, one) for request in asked)} == set()


def _is_of(request: str, route: str) -> bool:
    """Whether a case's request goes to a route of the document, whatever the ids."""
    parts, pattern = request.partition("?")[0].split("/"), route.split("/")
    return len(parts) == len(pattern) and all(
        one == other or other.startswith("{") for one, other in zip(parts, pattern, strict=True)
    )
