"""Two organizations on one Postroom: for each of them the other does not exist."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from common import ids
from tests.e2e.customer import Json, customer
from tests.e2e.document import Operation, operations
from tests.e2e.endpoint import Endpoint
from tests.e2e.estate import Estate, estate_of
from tests.e2e.local import Local
from tests.e2e.processes import SERVICES, metrics_text
from tests.waiting import eventually

A_WORDS, B_WORDS = "magnolia", "tamarind"
WITH_IDS = [one for one in operations() if "{" in one.path]
# But the stream, whose answer has no end, a wait for mail, and the bytes of mail that came in:
# test_stream.py, test_wait.py and test_raw.py in tests/integration/api.
LISTS = [
    one.path
    for one in operations()
    if one.method == "GET"
    and one.path.startswith("/v1/")
    and not one.path.endswith(
        ("/stream", "/wait", "/raw", "/setup/status")
    )  # no tenant's, the last
]


@dataclass(frozen=True, slots=True)
class Tenants:
    """`told`: where each hears of its own events."""

    a: Estate
    b: Estate
    told_a: Endpoint
    told_b: Endpoint


@pytest.fixture(scope="module")
def tenants(local: Local) -> Iterator[Tenants]:
    with (
        customer(local, A_WORDS) as a,
        customer(local, B_WORDS) as b,
        a.told() as told_a,
        b.told() as told_b,
    ):
        yield Tenants(estate_of(a, told_a, A_WORDS), estate_of(b, told_b, B_WORDS), told_a, told_b)


def names_in(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


def variants() -> list[Any]:
    """Each route, with ids of A from the first, the second or the third one on."""
    return [
        pytest.param(operation, begin, id=f"{operation} from {names_in(operation.path)[begin]}")
        for operation in WITH_IDS
        for begin in range(len(names_in(operation.path)))
    ]


@pytest.mark.parametrize(("operation", "begin"), variants())
def test_what_is_another_s_is_answered_as_what_does_not_exist(
    tenants: Tenants, operation: Operation, begin: int
) -> None:
    of_nothing = {name: nothing_like(one) for name, one in tenants.a.ids.items()}
    answers = [
        call(tenants.b, operation, tenants.b.ids | {name: others[name] for name in last})
        for last in [names_in(operation.path)[begin:]]
        for others in (tenants.a.ids, of_nothing)
    ]

    another_s, nothing_s = answers
    assert another_s.status_code == 404
    assert told(another_s) == told(nothing_s)


def nothing_like(typed_id: str) -> str:
    return ids.encode(typed_id.rpartition("_")[0], uuid4())


def call(caller: Estate, operation: Operation, path_ids: dict[str, str]) -> httpx.Response:
    path = operation.path.format(**path_ids)
    return caller.owner.client.request(operation.method, path, json=operation.example)


def told(answer: httpx.Response) -> tuple[int, Json, dict[str, str]]:
    """All of an answer that may tell one from another: not its time, and not what was asked."""
    body = {
        name: one for name, one in answer.json().items() if name not in {"instance", "requestId"}
    }
    own = {"date", "x-request-id", "ratelimit-reset"}
    headers = {name: one for name, one in answer.headers.items() if name not in own}
    return answer.status_code, body, headers


def test_what_another_tried_has_changed_nothing(tenants: Tenants) -> None:
    before = all_of(tenants.a)
    for operation in WITH_IDS:
        call(tenants.b, operation, dict(tenants.a.ids))

    assert all_of(tenants.a) == before


def all_of(estate: Estate) -> dict[str, Any]:
    """What its owner is shown, but for the attempts and events that go on by themselves."""
    paths = [one for one in LISTS if not one.endswith(("/attempts", "/events"))]
    return {path: estate.owner.client.get(path.format(**estate.ids)).content for path in paths}


def traces_of(estate: Estate) -> list[str]:
    """What would show that something is theirs."""
    named = [estate.owner.organization_id, estate.inbox["email"], estate.owner.api_key[:9]]
    return [*named, *estate.ids.values(), estate.inbox["name"].partition(" ")[0]]


@pytest.mark.parametrize("path", LISTS)
def test_nothing_of_another_is_in_what_an_organization_is_shown(
    tenants: Tenants, path: str
) -> None:
    shown = tenants.b.owner.client.get(path.format(**tenants.b.ids), params={"limit": 100})

    assert shown.status_code == 200
    assert [trace for trace in traces_of(tenants.a) if trace.encode() in shown.content] == []


def test_filters_by_another_s_ids_find_what_ids_of_nothing_find(tenants: Tenants) -> None:
    asked = {
        "/v1/events": ("inboxId", "messageId"),
        f"/v1/inboxes/{tenants.b.ids['inboxId']}/messages": ("threadId",),
    }
    client = tenants.b.owner.client
    found = [
        client.get(path, params={name: tenants.a.ids[name]}).json()
        for path, names in asked.items()
        for name in names
    ]

    assert found == [[], [], []]


def test_a_webhook_for_another_s_inbox_is_refused_as_one_for_no_inbox(tenants: Tenants) -> None:
    inbox_id = tenants.a.ids["inboxId"]
    hook = {"url": "http://127.0.0.1:9/", "events": ["message.sent"]}
    another_s, nothing_s = (
        tenants.b.owner.client.post("/v1/webhooks", json=hook | {"inboxIds": [one]})
        for one in (inbox_id, nothing_like(inbox_id))
    )

    assert another_s.status_code == 422
    assert told(another_s) == told(nothing_s)


def test_a_page_of_another_s_list_goes_on_in_one_s_own(tenants: Tenants) -> None:
    """A cursor is a place between ids, and no key to anything."""
    tenants.a.owner.inbox()
    page = tenants.a.owner.client.get("/v1/inboxes", params={"limit": 1})

    shown = tenants.b.owner.client.get(page.links["next"]["url"]).json()

    assert {one["organizationId"] for one in shown} <= {tenants.b.owner.organization_id}


def test_the_same_idempotency_key_is_another_one_in_another_organization(
    tenants: Tenants,
) -> None:
    made = [
        one.owner.client.post("/v1/inboxes", json={}, headers={"idempotency-key": "the-same"})
        for one in (tenants.a, tenants.b)
    ]

    assert [one.status_code for one in made] == [201, 201]
    assert [one.headers.get("idempotent-replayed") for one in made] == [None, None]
    assert made[0].json()["organizationId"] != made[1].json()["organizationId"]


def test_webhooks_hear_of_their_own_organization_alone(tenants: Tenants) -> None:
    for estate, endpoint in ((tenants.a, tenants.told_a), (tenants.b, tenants.told_b)):
        sent = estate.owner.send(estate.inbox)
        estate.owner.ended(sent, "delivered")
        wait_for(endpoint, sent["id"])

    for one, other in ((tenants.told_a, tenants.b), (tenants.told_b, tenants.a)):
        heard = b"".join(call.body for call in one.calls)
        assert [trace for trace in traces_of(other) if trace.encode() in heard] == []


def wait_for(endpoint: Endpoint, message_id: str) -> None:
    eventually(lambda: "message.delivered" in endpoint.kinds(message_id))


@pytest.mark.parametrize("service", SERVICES)
def test_metrics_name_no_organization(local: Local, tenants: Tenants, service: str) -> None:
    text = metrics_text(local, service)

    traces = [*traces_of(tenants.a), *traces_of(tenants.b)]
    assert [trace for trace in traces if trace in text] == []
