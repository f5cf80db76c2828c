"""Every answer that is an error, whatever was sent: problem+json, and never a 500."""

import httpx
import pytest
import sqlalchemy as sa

from tests.integration.api.problems import problem_of

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/nothing", "/v1/inboxes/", "/v2/inboxes", "/v1/%00", "/docs"]
)
def test_an_unknown_route_is_a_404(client: httpx.Client, path: str) -> None:
    problem_of(client.get(path), 404, "route_not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/inboxes", {"GET", "POST"}),
        ("DELETE", "/v1/events", {"GET"}),
        ("POST", "/v1/inboxes/x", {"GET", "PATCH", "DELETE"}),
        ("OPTIONS", "/v1/inboxes", {"GET", "POST"}),
        ("HEAD", "/v1/webhooks/x/attempts", {"GET"}),
    ],
)
def test_a_wrong_method_is_a_405_that_names_the_right_ones(
    client: httpx.Client, method: str, path: str, allowed: set[str]
) -> None:
    response = client.request(method, path)

    if method != "HEAD":
        problem_of(response, 405, "method_not_allowed")
    assert response.status_code == 405
    assert set(response.headers["allow"].split(", ")) == allowed


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"name": "a"} x',
        b"{'name': 1}",
        b'{"name": "\xff"}',
        b"\xef\xbb\xbf{}",
        '{"name": "a"}'.encode("utf-16"),
        b'{"name": "\\ud800"}',
        b'{"name": "a\nb"}',
        b'{"a": ' + b"[" * 4000 + b"]" * 4000 + b"}",
        b'{"a":' * 1500 + b"1" + b"}" * 1500,
    ],
)
def test_a_body_that_is_not_json_is_a_400(client: httpx.Client, body: bytes) -> None:
    problem_of(client.post("/v1/inboxes", content=body, headers=JSON), 400, "invalid_json")


@pytest.mark.parametrize("body", [b"[]", b"null", b"5", b'"text"', b"true"])
def test_json_that_is_no_object_is_a_422(client: httpx.Client, body: bytes) -> None:
    response = client.post("/v1/inboxes", content=body, headers=JSON)

    problem = problem_of(response, 422, "validation_failed")
    assert [error["path"] for error in problem["errors"]] == [""]


@pytest.mark.parametrize(
    "content_type",
    [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "x", "\xff"],
)
def test_a_body_of_another_type_is_a_415(client: httpx.Client, content_type: str | None) -> None:
    headers = {} if content_type is None else {b"content-type": content_type.encode("latin-1")}

    response = client.post("/v1/inboxes", content=b"{}", headers=headers)

    problem_of(response, 415, "unsupported_media_type")


def test_the_charset_of_json_may_be_named(client: httpx.Client) -> None:
    headers = {"content-type": "Application/JSON; charset=utf-8"}

    assert client.post("/v1/inboxes", content=b"{}", headers=headers).status_code == 201


def test_a_stranger_is_refused_before_the_body_is_read(url: str) -> None:
    response = httpx.post(f"{url}/v1/inboxes", content=b"{", headers=JSON)

    problem_of(response, 401, "unauthorized")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_crash_is_a_500_that_tells_nothing_of_its_reason(
    client: httpx.Client, engine: sa.Engine, method: str
) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE inbox RENAME TO lost"))

    problem = problem_of(client.request(method, "/v1/inboxes", json={}), 500, "internal_error")

    assert problem["detail"] == "Something went wrong here. It has been logged."
