import re
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from common import ids
from common.models import Domain
from services.api.schemas.inboxes import InboxShown
from tests.integration.api.serving import Organization


def events_of(client: httpx.Client, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/v1/events", params={"type": kind}).json()
    return found


def verify_domain(engine: sa.Engine, owner: Organization, name: str, status: str) -> None:
    with engine.begin() as connection:
        values = {"id": ids.new(), "organization_id": owner.id, "name": name, "status": status}
        connection.execute(sa.insert(Domain).values(**values, created_at=sa.func.now()))


def test_an_inbox_without_an_email_gets_one_on_the_default_domain(
    client: httpx.Client, owner: Organization
) -> None:
    response = client.post("/v1/inboxes", json={})

    assert response.status_code == 201
    inbox = response.json()
    InboxShown.model_validate(inbox)
    assert inbox["_id"] == inbox["id"]
    assert inbox["organizationId"] == ids.encode(ids.ORGANIZATION, owner.id)
    assert re.fullmatch(r"[0-9a-z]{10}@mail\.test", inbox["email"])
    assert "name" not in inbox
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", inbox["createdAt"])


def test_an_inbox_has_the_name_and_email_that_were_asked_for(client: httpx.Client) -> None:
    inbox = client.post("/v1/inboxes", json={"name": " Büro ", "email": "Office@MAIL.test"}).json()

    assert (inbox["name"], inbox["email"]) == ("Büro", "Office@mail.test")
    assert client.get(f"/v1/inboxes/{inbox['id']}").json() == inbox


def test_creating_is_told_as_an_event(client: httpx.Client) -> None:
    inbox = client.post("/v1/inboxes", json={}).json()

    [event] = events_of(client, "inbox.created")
    assert (event["inboxId"], event["payload"]) == (inbox["id"], inbox)


@pytest.mark.parametrize("again", ["office@mail.test", "OFFICE@Mail.Test"])
def test_an_address_exists_once_whatever_its_case(
    client: httpx.Client, stranger: httpx.Client, again: str
) -> None:
    client.post("/v1/inboxes", json={"email": "office@mail.test"})

    for caller in (client, stranger):
        response = caller.post("/v1/inboxes", json={"email": again})
        assert (response.status_code, response.json()["code"]) == (409, "inbox_exists")
        assert events_of(caller, "inbox.created") == events_of(client, "inbox.created") or (
            caller is stranger
        )


def test_the_address_of_a_deleted_inbox_is_free_again(client: httpx.Client) -> None:
    first = client.post("/v1/inboxes", json={"email": "office@mail.test"}).json()
    client.delete(f"/v1/inboxes/{first['id']}")

    second = client.post("/v1/inboxes", json={"email": "office@mail.test"})

    assert second.status_code == 201
    assert second.json()["id"] != first["id"]


@pytest.mark.parametrize("status", ["none", "pending", "of another"])
def test_a_foreign_domain_must_be_verified_for_this_organization(
    client: httpx.Client,
    owner: Organization,
    engine: sa.Engine,
    status: str,
    organization: Any,
) -> None:
    if status == "pending":
        verify_domain(engine, owner, "shop.example", "pending")
    if status == "of another":
        verify_domain(engine, organization(), "shop.example", "verified")

    response = client.post("/v1/inboxes", json={"email": "a@shop.example"})

    assert (response.status_code, response.json()["code"]) == (422, "domain_not_verified")
    assert client.get("/v1/inboxes").json() == []


def test_a_verified_domain_has_inboxes(
    client: httpx.Client, owner: Organization, engine: sa.Engine
) -> None:
    verify_domain(engine, owner, "shop.example", "verified")

    response = client.post("/v1/inboxes", json={"email": "orders@SHOP.example"})

    assert response.status_code == 201
    assert response.json()["email"] == "orders@shop.example"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"email": "no address"}, "email"),
        ({"email": "Name <a@mail.test>"}, "email"),
        ({"email": "<a@mail.test>"}, "email"),
        ({"email": "a@mail.test\r\nBcc: b@mail.test"}, "email"),
        ({"email": 5}, "email"),
        ({"email": "a\u0000@mail.test"}, "email"),
        ({"name": "a\r\nBcc: b@mail.test"}, "name"),
        ({"name": "=?utf-8?q?a=0Ab?="}, "name"),
        ({"name": "a" * 201}, "name"),
        ({"name": "  "}, "name"),
        ({"nam": "a"}, "nam"),
    ],
)
def test_a_bad_field_is_refused_by_its_name(
    client: httpx.Client, body: dict[str, Any], path: str
) -> None:
    response = client.post("/v1/inboxes", json=body)

    problem = response.json()
    assert (response.status_code, problem["code"]) == (422, "validation_failed")
    assert [error["path"] for error in problem["errors"]] == [path]
    assert client.get("/v1/inboxes").json() == []


def test_inboxes_are_listed_newest_first_page_by_page(client: httpx.Client) -> None:
    made = [client.post("/v1/inboxes", json={"name": str(at)}).json() for at in range(5)]

    first = client.get("/v1/inboxes", params={"limit": 2})
    second = client.get(first.links["next"]["url"])
    third = client.get(second.links["next"]["url"])

    assert first.json() + second.json() + third.json() == made[::-1]
    assert "next" not in third.links


def test_an_inbox_that_comes_between_two_pages_moves_nothing(client: httpx.Client) -> None:
    made = [client.post("/v1/inboxes", json={}).json() for _ in range(3)]
    first = client.get("/v1/inboxes", params={"limit": 2})
    client.post("/v1/inboxes", json={})

    second = client.get(first.links["next"]["url"])

    assert second.json() == [made[0]]


def test_a_name_is_changed_and_taken_away(client: httpx.Client) -> None:
    inbox = client.post("/v1/inboxes", json={"name": "old"}).json()
    path = f"/v1/inboxes/{inbox['id']}"

    renamed = client.patch(path, json={"name": "new"}).json()
    assert renamed["name"] == "new"
    assert renamed["updatedAt"] > inbox["updatedAt"]
    assert [event["payload"] for event in events_of(client, "inbox.updated")] == [renamed]

    nameless = client.patch(path, json={"name": None}).json()
    assert "name" not in nameless
    assert client.get(path).json() == nameless


@pytest.mark.parametrize("change", [{}, {"name": "same"}])
def test_a_change_of_nothing_is_no_event(client: httpx.Client, change: dict[str, Any]) -> None:
    inbox = client.post("/v1/inboxes", json={"name": "same"}).json()

    response = client.patch(f"/v1/inboxes/{inbox['id']}", json=change)

    assert response.json() == inbox
    assert events_of(client, "inbox.updated") == []


def test_a_deleted_inbox_is_given_back_once_and_then_gone(client: httpx.Client) -> None:
    inbox = client.post("/v1/inboxes", json={}).json()
    path = f"/v1/inboxes/{inbox['id']}"

    deleted = client.delete(path)

    assert (deleted.status_code, deleted.json()) == (200, inbox)
    assert [event["payload"] for event in events_of(client, "inbox.deleted")] == [inbox]
    assert client.get("/v1/inboxes").json() == []
    for again in (client.get(path), client.delete(path), client.patch(path, json={})):
        assert (again.status_code, again.json()["code"]) == (404, "inbox_not_found")
