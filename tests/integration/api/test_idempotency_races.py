"""Requests with one Idempotency-Key at the same time."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import sqlalchemy as sa

from tests.integration.api.repeating import KEY, counts, creating
from tests.integration.api.serving import ClientOf, MakeOrganization, Organization


@pytest.mark.parametrize("kind", ["inbox", "webhook", "key", "test"])
def test_twenty_at_once_make_one(
    client: httpx.Client,
    engine: sa.Engine,
    kind: str,
) -> None:
    path, body = creating(client)[kind]
    before = counts(engine)

    with ThreadPoolExecutor(20) as pool:
        sent = [pool.submit(client.post, path, json=body, headers=KEY) for _ in range(20)]
        answers = [one.result() for one in sent]

    assert {one.status_code for one in answers} <= {201, 202}
    assert len({one.content for one in answers}) == 1
    assert sum("idempotent-replayed" not in one.headers for one in answers) == 1
    grown = {table: count - before[table] for table, count in counts(engine).items()}
    assert set(grown.values()) <= {0, 1}
    assert grown["idempotency"] == 1


def test_of_two_bodies_at_once_one_is_made_and_the_other_refused(
    client: httpx.Client, engine: sa.Engine
) -> None:
    bodies = [{"name": "a"}, {"name": "b"}] * 10
    with ThreadPoolExecutor(20) as pool:
        sent = [pool.submit(client.post, "/v1/inboxes", json=one, headers=KEY) for one in bodies]
        answers = [one.result() for one in sent]

    assert sorted(one.status_code for one in answers) == [201] * 10 + [422] * 10
    assert counts(engine)["inbox"] == 1


def test_who_waits_too_long_for_the_first_is_told_so(
    client: httpx.Client, engine: sa.Engine, owner: Organization
) -> None:
    turn = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
    with engine.connect() as holding:
        holding.execute(turn, {"key": f"{owner.id} {KEY['idempotency-key']}"})

        response = client.post("/v1/inboxes", json={}, headers=KEY)

    assert (response.status_code, response.json()["code"]) == (409, "idempotency_key_in_flight")
    assert client.post("/v1/inboxes", json={}, headers=KEY).status_code == 201


def test_organizations_do_not_wait_for_each_other(
    client_of: ClientOf, organization: MakeOrganization, engine: sa.Engine
) -> None:
    """The same key of many organizations at once: each has its own resource."""
    clients = [client_of(organization(str(at)).key) for at in range(8)]
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(one.post, "/v1/inboxes", json={}, headers=KEY) for one in clients]
        answers = [one.result() for one in sent]

    assert {one.status_code for one in answers} == {201}
    assert counts(engine)["inbox"] == 8
