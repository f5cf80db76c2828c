import httpx
import pytest
import sqlalchemy as sa

from common.models import ApiKey
from services.api import keys
from services.api.schemas.api_keys import ApiKeyShown, ApiKeyWithKey
from tests.integration.api.serving import ClientOf, Organization
from tests.waiting import eventually


def test_the_key_is_shown_once_and_stored_as_a_hash(
    client: httpx.Client, engine: sa.Engine
) -> None:
    made = client.post("/v1/api_keys", json={"name": "production"}).json()

    ApiKeyWithKey.model_validate(made)
    text = made.pop("key")
    ApiKeyShown.model_validate(made)
    assert client.get(f"/v1/api_keys/{made['id']}").json() == made
    assert made in client.get("/v1/api_keys").json()
    with engine.connect() as connection:
        stored = connection.execute(sa.select(ApiKey)).mappings().all()
    assert text not in str(stored)
    assert keys.digest(text) in {row["hash"] for row in stored}


def test_a_new_key_works_at_once(client: httpx.Client, client_of: ClientOf) -> None:
    key = client.post("/v1/api_keys", json={"name": "production"}).json()["key"]

    assert client_of(key).get("/v1/inboxes").status_code == 200


def test_a_deleted_key_dies_within_a_second(client: httpx.Client, client_of: ClientOf) -> None:
    made = client.post("/v1/api_keys", json={"name": "leaked"}).json()
    holder = client_of(made.pop("key"))
    assert holder.get("/v1/inboxes").status_code == 200

    deleted = client.delete(f"/v1/api_keys/{made['id']}")

    assert (deleted.status_code, deleted.json()) == (200, made)
    eventually(lambda: holder.get("/v1/inboxes").status_code == 401, within=1)
    assert client.get(f"/v1/api_keys/{made['id']}").status_code == 404


def test_a_key_deleted_behind_the_process_dies_within_a_second(
    client: httpx.Client, engine: sa.Engine
) -> None:
    assert client.get("/v1/inboxes").status_code == 200
    with engine.begin() as connection:
        connection.execute(sa.delete(ApiKey))

    eventually(lambda: client.get("/v1/inboxes").status_code == 401, within=1)


def test_the_key_in_use_may_be_deleted(client: httpx.Client, owner: Organization) -> None:
    client.post("/v1/api_keys", json={"name": "the next one"})
    [mine] = [one for one in client.get("/v1/api_keys").json() if owner.key[:9] == one["prefix"]]

    assert client.delete(f"/v1/api_keys/{mine['id']}").status_code == 200

    eventually(lambda: client.get("/v1/inboxes").status_code == 401, within=1)


def test_the_last_key_may_not_be_deleted(client: httpx.Client) -> None:
    [only] = client.get("/v1/api_keys").json()

    response = client.delete(f"/v1/api_keys/{only['id']}")

    assert (response.status_code, response.json()["code"]) == (409, "last_api_key")
    assert client.get("/v1/api_keys").json() == [only]


@pytest.mark.parametrize(
    ("body", "path"),
    [({}, "name"), ({"name": ""}, "name"), ({"name": "a\u0000"}, "name"), ({"nam": 1}, "nam")],
)
def test_a_bad_field_is_refused_by_its_name(
    client: httpx.Client, body: dict[str, object], path: str
) -> None:
    response = client.post("/v1/api_keys", json=body)

    assert response.status_code == 422
    assert path in {error["path"] for error in response.json()["errors"]}


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Basic {key}",
        "{key}",
        "Bearer {key}x",
        "Bearer x{key}",
        "Bearer {unknown}",
        "Bearer pr_\xff",
    ],
)
def test_without_a_valid_key_the_answer_is_always_the_same(
    url: str, owner: Organization, header: str | None
) -> None:
    sent = header and header.format(key=owner.key, unknown=keys.generate())
    headers = {} if sent is None else {b"authorization": sent.encode("latin-1")}

    response = httpx.get(f"{url}/v1/inboxes", headers=headers)

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    problem = response.json()
    assert problem["code"] == "unauthorized"
    assert problem["detail"] == "A valid API key is needed: Authorization: Bearer <key>."


def test_the_scheme_is_read_in_any_case(url: str, owner: Organization) -> None:
    headers = {"authorization": f"bEARER {owner.key}"}

    assert httpx.get(f"{url}/v1/inboxes", headers=headers).status_code == 200
