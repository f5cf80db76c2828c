"""Idempotency-Key on every POST that creates."""

import json

import httpx
import pytest
import sqlalchemy as sa

from tests.integration.api.repeating import KEY, counts, creating
from tests.integration.api.serving import ClientOf


@pytest.mark.parametrize("kind", ["inbox", "webhook", "key", "test", "rotate", "replay"])
def test_the_first_answer_is_given_again_byte_for_byte(
    client: httpx.Client,
    engine: sa.Engine,
    kind: str,
) -> None:
    path, body = creating(client)[kind]
    first = client.post(path, json=body, headers=KEY)
    made = counts(engine)

    second = client.post(path, json=body, headers=KEY)

    assert first.status_code in {200, 201, 202}
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert second.headers["content-type"] == first.headers["content-type"]
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert counts(engine) == made


@pytest.mark.parametrize("kind", ["inbox", "webhook", "key", "replay"])
def test_another_body_under_the_same_key_is_refused(
    client: httpx.Client,
    engine: sa.Engine,
    kind: str,
) -> None:
    path, body = creating(client)[kind]
    client.post(path, json=body, headers=KEY)
    made = counts(engine)

    spaced = f"{json.dumps(body)} ".encode()
    headers = KEY | {"content-type": "application/json"}
    response = client.post(path, content=spaced, headers=headers)

    assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
    assert counts(engine) == made


def test_another_request_under_the_same_key_is_refused_by_name(client: httpx.Client) -> None:
    client.post("/v1/inboxes", json={}, headers=KEY)

    for path, body in (
        ("/v1/inboxes", {"name": "other"}),
        ("/v1/api_keys", {"name": "other"}),
    ):
        response = client.post(path, json=body, headers=KEY)
        assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")


def test_a_refused_request_does_not_use_its_key_up(client: httpx.Client) -> None:
    refused = client.post("/v1/inboxes", json={"email": "a@foreign.example"}, headers=KEY)
    assert refused.status_code == 422

    assert client.post("/v1/inboxes", json={}, headers=KEY).status_code == 201


def test_a_key_belongs_to_its_organization(client: httpx.Client, stranger: httpx.Client) -> None:
    mine, theirs = (
        one.post("/v1/inboxes", json={}, headers=KEY).json() for one in (client, stranger)
    )

    assert mine["organizationId"] != theirs["organizationId"]


def test_a_key_is_kept_for_a_day(client: httpx.Client, engine: sa.Engine) -> None:
    first = client.post("/v1/inboxes", json={}, headers=KEY).json()
    for hours, replayed in (("23 hours", True), ("2 hours", False)):
        age(engine, hours)

        response = client.post("/v1/inboxes", json={}, headers=KEY)

        assert response.status_code == 201
        assert (response.json() == first) is replayed
    again = client.post("/v1/inboxes", json={}, headers=KEY)
    assert again.content == response.content


def age(engine: sa.Engine, by: str) -> None:
    with engine.begin() as connection:
        older = "UPDATE idempotency SET created_at = created_at - CAST(:by AS interval)"
        connection.execute(sa.text(older), {"by": by})


def test_the_quoted_spelling_is_the_same_key(client: httpx.Client) -> None:
    first = client.post("/v1/inboxes", json={}, headers={"idempotency-key": "a-1"})

    second = client.post("/v1/inboxes", json={}, headers={"idempotency-key": '"a-1"'})

    assert second.content == first.content


@pytest.mark.parametrize("key", ["", "a b", "\xe9", "x" * 256])
def test_what_is_no_key_is_refused(client: httpx.Client, engine: sa.Engine, key: str) -> None:
    headers = {b"idempotency-key": key.encode("latin-1")}

    response = client.post("/v1/inboxes", json={}, headers=headers)

    assert (response.status_code, response.json()["code"]) == (400, "invalid_idempotency_key")
    assert counts(engine)["inbox"] == 0


class TestTheAnswerWithASecretInIt:
    """What is kept for the replay must not be the secret, nor be told to another key."""

    @pytest.mark.parametrize(
        ("kind", "member"), [("key", "key"), ("webhook", "secret"), ("rotate", "secret")]
    )
    def test_is_not_kept_readable(
        self, client: httpx.Client, engine: sa.Engine, kind: str, member: str
    ) -> None:
        path, body = creating(client)[kind]
        secret = client.post(path, json=body, headers=KEY).json()[member]

        with engine.connect() as connection:
            kept = bytes(connection.execute(sa.text("SELECT body FROM idempotency")).scalar_one())
        assert secret.encode() not in kept
        assert b"organizationId" not in kept

    @pytest.mark.parametrize("kind", ["key", "webhook", "rotate"])
    def test_is_told_again_only_to_the_key_that_asked(
        self, client: httpx.Client, client_of: ClientOf, kind: str
    ) -> None:
        other = client_of(client.post("/v1/api_keys", json={"name": "other"}).json()["key"])
        path, body = creating(client)[kind]
        client.post(path, json=body, headers=KEY)

        response = other.post(path, json=body, headers=KEY)

        assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
