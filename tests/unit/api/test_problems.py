import asyncio

import orjson
import psycopg
import pytest
import sqlalchemy as sa
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from services.api.problems import (
    FieldError,
    Problem,
    all_invalid,
    from_error,
    invalid,
    not_found,
    path_of,
    render,
)

UNWELCOME = {"type": "missing", "loc": ("query", "limit"), "msg": "Field required"}


def away(error: psycopg.Error) -> sa.exc.DBAPIError:
    wrapped = sa.exc.DBAPIError.instance("SELECT", {}, error, psycopg.Error)
    assert isinstance(wrapped, sa.exc.DBAPIError)
    return wrapped


def test_an_error_has_every_member_of_the_contract() -> None:
    response = render(not_found("inbox"), "/v1/inboxes/x", "req_1")

    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert orjson.loads(response.body) == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "Inbox not found",
        "instance": "/v1/inboxes/x",
        "error": "Inbox not found",
        "code": "inbox_not_found",
        "requestId": "req_1",
    }


@pytest.mark.parametrize(
    ("noun", "code", "detail"),
    [
        ("message", "message_not_found", "Message not found"),
        ("api_key", "api_key_not_found", "API key not found"),
    ],
)
def test_what_is_not_found_is_named(noun: str, code: str, detail: str) -> None:
    problem = not_found(noun)

    assert (404, code, detail) == (problem.status, problem.code, problem.detail)


def test_an_invalid_field_is_named() -> None:
    body = orjson.loads(render(invalid("to[0]", "An address needs an @."), "/", "req_1").body)

    assert (body["status"], body["code"]) == (422, "validation_failed")
    assert body["detail"] == "to[0]: An address needs an @."
    assert body["errors"] == [{"path": "to[0]", "message": "An address needs an @."}]


def test_a_thousand_errors_are_not_all_told() -> None:
    problem = all_invalid(tuple(FieldError(f"to[{at}]", "no") for at in range(1000)))

    assert len(problem.errors) == 50


@pytest.mark.parametrize(
    ("places", "path"),
    [
        (["to", 0], "to[0]"),
        (["attachments", 1, "content"], "attachments[1].content"),
        (["headers", "X-A", "[key]"], "headers.X-A"),
        ([], ""),
        (["x" * 1000], "x" * 200),
    ],
)
def test_a_path_is_written_as_in_code(places: list[str | int], path: str) -> None:
    assert path == path_of(places)


@pytest.mark.parametrize(
    "error",
    [
        away(psycopg.OperationalError("connection refused")),
        away(psycopg.errors.AdminShutdown()),
        away(psycopg.errors.ReadOnlySqlTransaction()),
        sa.exc.TimeoutError(),
        ConnectionRefusedError(),
    ],
)
def test_a_database_that_is_away_is_a_503_to_try_again(error: Exception) -> None:
    problem = from_error(error)

    assert (problem.status, problem.code) == (503, "unavailable")
    assert "retry-after" in problem.headers


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Problem(409, "taken", "It is taken."), 409, "taken"),
        (HTTPException(404), 404, "route_not_found"),
        (HTTPException(405, headers={"allow": "GET"}), 405, "method_not_allowed"),
        (HTTPException(418, "I am one."), 418, "http_418"),
        (RequestValidationError([UNWELCOME]), 422, "validation_failed"),
        (asyncio.CancelledError(), 503, "stopping"),
        (away(psycopg.errors.CheckViolation()), 500, "internal_error"),
        (ZeroDivisionError("secret"), 500, "internal_error"),
    ],
)
def test_every_exception_is_a_problem(error: BaseException, status: int, code: str) -> None:
    problem = from_error(error)

    assert (status, code) == (problem.status, problem.code)
    assert "secret" not in problem.detail
