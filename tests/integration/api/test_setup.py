"""What an administrator is told of the installation, and that nobody else is."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from common.settings import Settings
from services.api.administrators import is_administrators
from services.api.schemas.setup import SetupStatus
from tests.integration.api.serving import Organization, served
from tests.integration.deploy.aws.conftest import Double, running

FIRST, SECOND = "a" * 32, "b" * 40
NOWHERE = "127.0.0.1:1"
PATH = "/v1/setup/status"


@pytest.fixture(scope="module")
def double() -> Iterator[Double]:
    with running() as double:
        yield double


@pytest.fixture
def settings(settings: Settings, double: Double, monkeypatch: pytest.MonkeyPatch) -> Settings:
    double.post("/reset")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    return settings.model_copy(
        update={
            "admin_keys": f"{FIRST},{SECOND}",
            "aws_url": double.url,
            "feedback_queue_url": double.queue_url,
            "inbound_queue_url": double.inbound_url,
        }
    )


def status(base: str, key: str = FIRST) -> dict[str, Any]:
    answer = httpx.get(base + PATH, headers={"authorization": f"Bearer {key}"}, timeout=30)
    assert answer.status_code == 200, answer.text
    SetupStatus.model_validate(answer.json())
    told: dict[str, Any] = answer.json()
    return told


def gravities(told: dict[str, Any]) -> dict[str, str]:
    return {one["code"]: one["gravity"] for one in told["checks"]}


def test_a_set_up_that_is_well_is_ok(url: str, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO checkpoint VALUES ('feedback', now())"))

    told = status(url, SECOND)

    assert told["status"] == "ok", told
    assert set(gravities(told).values()) == {"ok"}
    assert {"schema", "redis", "ses_quota", "feedback_lag", "inbound_lag"} <= gravities(told).keys()


def test_what_is_wrong_is_told_with_what_mends_it(
    url: str, double: Double, organization: Any, engine: sa.Engine
) -> None:
    organization()
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE organization SET paused_at = now()"))
    double.post("/account", sendingEnabled=False)

    told = status(url)

    found = {one["code"]: one for one in told["checks"] if one["gravity"] != "ok"}
    assert told["status"] == "error"
    assert set(found) == {"status_worker", "organizations", "ses_sending"}
    assert all(one["mend"] for one in found.values())


def test_aws_is_asked_once_a_minute(url: str, double: Double) -> None:
    status(url)
    double.post("/account", sendingEnabled=False)

    assert gravities(status(url))["ses_sending"] == "ok"


def test_what_cannot_be_asked_is_skipped_and_what_is_away_is_said(settings: Settings) -> None:
    lost = settings.model_copy(
        update={
            "database_url": f"postgresql+psycopg://u:hidden@{NOWHERE}/d",
            "redis_url": f"redis://:hidden@{NOWHERE}/0",
            "aws_url": f"http://{NOWHERE}",
        }
    )
    with served(lost) as base:
        told = status(base)

    found = gravities(told)
    assert (told["status"], found["database"], found["redis"]) == ("error", "error", "warning")
    assert (found["ses_quota"], found["feedback_lag"], found["schema"]) == ("skipped",) * 3
    assert "hidden" not in str(told)


@pytest.mark.parametrize("key", ["", "c" * 32, FIRST.upper(), f"{FIRST},{SECOND}"])
def test_nobody_else_is_told(url: str, key: str) -> None:
    answer = httpx.get(url + PATH, headers={"authorization": f"Bearer {key}"} if key else {})

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


def test_an_organization_is_told_nothing(client: httpx.Client, owner: Organization) -> None:
    assert client.get(PATH).status_code == 401
    assert not is_administrators(owner.key, None)


def test_an_administrator_is_no_organization(url: str) -> None:
    headers = {"authorization": f"Bearer {FIRST}"}

    assert httpx.get(f"{url}/v1/inboxes", headers=headers).status_code == 401


def test_without_keys_nobody_is_an_administrator() -> None:
    assert not is_administrators("", None)
    assert not is_administrators("", "")


@pytest.mark.parametrize("keys", ["short", f"{FIRST},short", f"{FIRST}, {SECOND}", f"{FIRST},"])
def test_keys_that_are_too_easy_or_hard_to_read_stop_the_process(keys: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(database_url="postgresql://x/x", redis_url="x", admin_keys=keys)

    assert FIRST not in str(refused.value)
