"""Nothing of one organization is visible to another, not even that it exists."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from common import ids

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    method: str
    path: str
    body: JSON | None = None


CALLS = {
    "inbox": [
        Call("GET", "/v1/inboxes/{id}"),
        Call("PATCH", "/v1/inboxes/{id}", {"name": "mine now"}),
        Call("DELETE", "/v1/inboxes/{id}"),
    ],
    "webhook": [
        Call("GET", "/v1/webhooks/{id}"),
        Call("PATCH", "/v1/webhooks/{id}", {"enabled": False}),
        Call("DELETE", "/v1/webhooks/{id}"),
        Call("POST", "/v1/webhooks/{id}/rotate"),
        Call("POST", "/v1/webhooks/{id}/replay", {"since": "2026-11-22T10:00:00Z", "which": "all"}),
        Call("POST", "/v1/webhooks/{id}/test"),
        Call("GET", "/v1/webhooks/{id}/attempts"),
    ],
    "api_key": [Call("GET", "/v1/api_keys/{id}"), Call("DELETE", "/v1/api_keys/{id}")],
}
EVERY = [(kind, call) for kind, calls in CALLS.items() for call in calls]
PREFIXES = {"inbox": ids.INBOX, "webhook": ids.WEBHOOK, "api_key": ids.API_KEY}
LISTS = ["/v1/inboxes", "/v1/webhooks", "/v1/events", "/v1/api_keys"]


@pytest.fixture
def theirs(client: httpx.Client) -> dict[str, str]:
    """The ids of what the first organization has."""
    hook = {"url": "https://example.com/", "events": ["inbox.created"]}
    made = {
        "webhook": client.post("/v1/webhooks", json=hook),
        "inbox": client.post("/v1/inboxes", json={}),
        "api_key": client.post("/v1/api_keys", json={"name": "a"}),
    }
    return {kind: response.json()["id"] for kind, response in made.items()}


def snapshot(engine: sa.Engine) -> list[Any]:
    tables = ("inbox", "webhook", "api_key", "event", "delivery", "attempt", "idempotency")
    with engine.connect() as connection:
        return [
            connection.execute(sa.text(f"SELECT * FROM {table} ORDER BY 1")).all()
            for table in tables
        ]


def ask(client: httpx.Client, call: Call, an_id: str) -> tuple[int, JSON]:
    response = client.request(call.method, call.path.format(id=an_id), json=call.body)
    problem: JSON = response.json()
    del problem["instance"], problem["requestId"]
    return response.status_code, problem


@pytest.mark.parametrize(("kind", "call"), EVERY, ids=[f"{c.method} {c.path}" for _, c in EVERY])
def test_what_is_anothers_is_answered_as_what_never_was(
    theirs: dict[str, str], stranger: httpx.Client, engine: sa.Engine, kind: str, call: Call
) -> None:
    before = snapshot(engine)

    answers = [
        ask(stranger, call, one)
        for one in (theirs[kind], ids.encode(PREFIXES[kind], ids.new()), "nonsense", "%00")
    ]

    assert answers[0][0] == 404
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][1]["code"] == f"{kind}_not_found"
    assert snapshot(engine) == before


@pytest.mark.usefixtures("theirs")
@pytest.mark.parametrize("path", LISTS)
def test_a_list_has_nothing_of_another(
    client: httpx.Client, stranger: httpx.Client, path: str
) -> None:
    mine = {one["id"] for one in client.get(path).json()}
    others = {one["id"] for one in stranger.get(path).json()}

    assert mine
    assert mine.isdisjoint(others)
    assert not others or path == "/v1/api_keys"


def test_anothers_cursor_shows_nothing_of_theirs(
    client: httpx.Client, stranger: httpx.Client
) -> None:
    for _ in range(3):
        client.post("/v1/inboxes", json={})
    page = client.get("/v1/inboxes", params={"limit": 1})

    assert stranger.get(page.links["next"]["url"]).json() == []


def test_what_happens_to_one_is_delivered_to_no_other(
    stranger: httpx.Client, client: httpx.Client, engine: sa.Engine
) -> None:
    stranger.post("/v1/webhooks", json={"url": "https://a.example/", "events": ["inbox.created"]})

    client.post("/v1/inboxes", json={})

    with engine.connect() as connection:
        assert not connection.execute(sa.text("SELECT count(*) FROM delivery")).scalar_one()
