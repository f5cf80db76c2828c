"""A request that is refused has changed nothing."""

from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from common import ids

JSON = {"content-type": "application/json"}
HOOK = {"url": "https://example.com/", "events": ["message.sent"]}


@pytest.fixture
def inbox(client: httpx.Client) -> str:
    found: str = client.post("/v1/inboxes", json={"email": "taken@mail.test"}).json()["id"]
    return found


@pytest.fixture
def webhook(client: httpx.Client) -> str:
    found: str = client.post("/v1/webhooks", json=HOOK).json()["id"]
    return found


def rows(engine: sa.Engine) -> dict[str, list[Any]]:
    tables = sa.inspect(engine).get_table_names()
    with engine.connect() as connection:
        return {
            table: list(connection.execute(sa.text(f"SELECT * FROM {table} ORDER BY 1")))
            for table in tables
        }


NOTHING = ids.encode(ids.INBOX, ids.new())
BAD_KEY = {"idempotency-key": "a b"}


def refused_of_inboxes(client: httpx.Client, inbox: str) -> list[httpx.Response]:
    post, path = client.post, f"/v1/inboxes/{inbox}"
    return [
        post("/v1/inboxes", content=b"{", headers=JSON),
        post("/v1/inboxes", content=b"{}"),
        post("/v1/inboxes", json={"unknown": 1}),
        post("/v1/inboxes", json={"name": "a\r\nb"}),
        post("/v1/inboxes", json={"email": "taken@mail.test"}),
        post("/v1/inboxes", json={"email": "TAKEN@mail.test"}, headers={"idempotency-key": "a"}),
        post("/v1/inboxes", json={"email": "a@foreign.example"}),
        post("/v1/inboxes", json={}, headers=BAD_KEY),
        post("/v1/inboxes", json={}, headers={"authorization": "Bearer pr_x"}),
        post("/v1/inboxes", json={}, headers={"content-encoding": "gzip"}),
        client.patch(path, json={"name": 5}),
        client.patch(f"/v1/inboxes/{NOTHING}", json={"name": "a"}),
        client.put(path, json={}),
        client.delete(f"/v1/inboxes/{NOTHING}"),
    ]


def refused_of_the_rest(client: httpx.Client, webhook: str) -> list[httpx.Response]:
    post, path = client.post, f"/v1/webhooks/{webhook}"
    [only_key] = client.get("/v1/api_keys").json()
    return [
        post("/v1/webhooks", json=HOOK | {"url": "http://example.com/"}),
        post("/v1/webhooks", json=HOOK | {"events": ["x"]}),
        post("/v1/webhooks", json=HOOK | {"inboxIds": [NOTHING]}),
        post("/v1/webhooks", json=HOOK, headers=BAD_KEY),
        post(f"{path}/test", headers=BAD_KEY),
        post("/v1/webhooks/wh_nothing/test"),
        client.delete("/v1/webhooks/wh_nothing"),
        post("/v1/api_keys", json={}),
        post("/v1/api_keys", json={"name": "a"}, headers=BAD_KEY),
        client.delete(f"/v1/api_keys/{only_key['id']}"),
        client.delete("/v1/api_keys/key_nothing"),
    ]


def test_a_refused_request_has_changed_nothing(
    client: httpx.Client, engine: sa.Engine, inbox: str, webhook: str
) -> None:
    before = rows(engine)

    answers = refused_of_inboxes(client, inbox) + refused_of_the_rest(client, webhook)

    assert [one.request.url.path for one in answers if one.status_code < 400] == []
    assert all(one.status_code < 500 for one in answers)
    assert rows(engine) == before
