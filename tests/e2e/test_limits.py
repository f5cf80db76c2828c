"""How many messages an organization may send in an hour. Here five, by its own limit."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from deploy.local import ports
from deploy.local.product import Wiring, environment
from deploy.local.state import ROOT
from tests.e2e.customer import SUCCESS, Customer, Json, customer
from tests.e2e.local import Local
from tests.waiting import eventually

LIMIT = 5
MAIL = {"to": [SUCCESS], "text": "Hello"}


@pytest.fixture
def acme(local: Local) -> Iterator[Customer]:
    with customer(local, limit=LIMIT) as acme:
        yield acme


@pytest.fixture
def inbox(acme: Customer) -> Json:
    return acme.inbox()


def path_to_send(inbox: Json) -> str:
    return f"/v1/inboxes/{inbox['id']}/messages/send"


def post(acme: Customer, inbox: Json, key: str | None = None) -> httpx.Response:
    headers = {"idempotency-key": key} if key else {}
    return acme.client.post(path_to_send(inbox), json=MAIL, headers=headers)


def remaining(answer: httpx.Response) -> int:
    assert answer.headers["ratelimit-limit"] == str(LIMIT)
    assert 0 < int(answer.headers["ratelimit-reset"]) <= 3600
    return int(answer.headers["ratelimit-remaining"])


def test_one_more_than_the_limit_is_refused_and_says_when_to_come_back(
    acme: Customer, inbox: Json
) -> None:
    answers = [post(acme, inbox) for _ in range(LIMIT + 2)]

    assert [one.status_code for one in answers] == [202] * LIMIT + [429] * 2
    assert [remaining(one) for one in answers] == [4, 3, 2, 1, 0, 0, 0]
    refused = answers[-1]
    assert 0 < int(refused.headers["retry-after"]) <= 3600
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "rate_limit_exceeded"
    assert len(acme.call("GET", f"/v1/inboxes/{inbox['id']}/messages")) == LIMIT


def test_replies_count_as_sends_do(acme: Customer, inbox: Json) -> None:
    first = acme.send(inbox)
    replies = [
        acme.client.post(
            f"/v1/inboxes/{inbox['id']}/messages/{first['id']}/reply", json={"text": "Hello"}
        )
        for _ in range(LIMIT)
    ]

    assert [one.status_code for one in replies] == [202] * (LIMIT - 1) + [429]
    assert [remaining(one) for one in replies] == [3, 2, 1, 0, 0]
    assert post(acme, inbox).status_code == 429


def test_the_limit_is_the_organization_s_and_not_the_inbox_s_or_the_key_s(
    local: Local, acme: Customer
) -> None:
    for _ in range(LIMIT):
        acme.send(acme.inbox())
    second_key = acme.call("POST", "/v1/api_keys", {"name": "second"})["key"]

    with customer(local, "other", LIMIT) as other:
        assert remaining(post(other, other.inbox())) == LIMIT - 1
    inbox = acme.inbox()
    answer = httpx.post(
        f"{local.url}{path_to_send(inbox)}",
        json=MAIL,
        headers={"authorization": f"Bearer {second_key}"},
        trust_env=False,
    )
    assert answer.status_code == 429


def test_a_repeated_request_does_not_count_and_is_answered_past_the_limit_too(
    acme: Customer, inbox: Json
) -> None:
    first, again = post(acme, inbox, "order-1"), post(acme, inbox, "order-1")
    for _ in range(LIMIT - 1):
        post(acme, inbox)
    past = post(acme, inbox, "order-1")

    assert (remaining(first), remaining(again), remaining(past)) == (4, 4, 0)
    assert [one.headers.get("idempotent-replayed") for one in (again, past)] == ["true", "true"]
    assert first.content == again.content == past.content
    assert post(acme, inbox, "order-2").status_code == 429


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"to": ["nobody"], "text": "Hello"}, 422),
        ({"to": [SUCCESS], "text": "Hello", "unknown": 1}, 422),
    ],
)
def test_what_is_refused_for_another_reason_does_not_count(
    acme: Customer, inbox: Json, body: Json, status: int
) -> None:
    refused = acme.client.post(path_to_send(inbox), json=body)

    assert refused.status_code == status
    assert remaining(refused) == LIMIT
    assert remaining(post(acme, inbox)) == LIMIT - 1


def test_without_redis_the_messages_themselves_are_counted(
    local: Local, acme: Customer, inbox: Json, tmp_path: Path
) -> None:
    """A second API on the same database, which never gets to Redis."""
    for _ in range(LIMIT - 2):
        post(acme, inbox)

    with api_without_redis(local, tmp_path / "api.log") as url:
        key = {"authorization": f"Bearer {acme.api_key}"}
        answers = [
            httpx.post(f"{url}{path_to_send(inbox)}", json=MAIL, headers=key, trust_env=False)
            for _ in range(4)
        ]

    assert [one.status_code for one in answers] == [202, 202, 429, 429]
    assert [remaining(one) for one in answers] == [1, 0, 0, 0]


@contextmanager
def api_without_redis(local: Local, log: Path) -> Iterator[str]:
    """Its URL, once it says that its broker is away and the rest is well."""
    port, nobody = ports.free(2)
    wiring = Wiring(port, nobody, {}, local.database_url, f"redis://127.0.0.1:{nobody}")
    command = [sys.executable, "-m", "services.api"]
    env = environment(os.environ, wiring)
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=output)  # noqa: S603
    with process:
        try:
            eventually(lambda: is_degraded(wiring.url), 60, f"ready: {log}")
            yield wiring.url
        finally:
            process.terminate()


def is_degraded(url: str) -> bool:
    try:
        answer = httpx.get(f"{url}/readyz", timeout=10, trust_env=False)
    except httpx.TransportError:
        return False
    return answer.status_code == 200 and answer.json()["status"] == "degraded"
