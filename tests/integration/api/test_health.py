import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from common.settings import Settings
from services.api import keys
from tests.integration.api.serving import served

NOWHERE = "127.0.0.1:1"


def test_a_healthy_process_says_so_without_a_key(url: str) -> None:
    response = httpx.get(f"{url}/healthz")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_ready_names_what_answers(url: str) -> None:
    response = httpx.get(f"{url}/readyz")

    assert response.status_code == 200
    assert response.json() == {"status": "ok", "database": "ok", "broker": "ok"}


def test_metrics_are_prometheus(url: str, client: httpx.Client) -> None:
    client.post("/v1/inboxes", json={})

    response = httpx.get(f"{url}/metrics")

    assert response.headers["content-type"].startswith("text/plain")
    names = {family.name for family in text_string_to_metric_families(response.text)}
    assert "postroom_rings" in names


class TestWithoutRedis:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"redis_url": f"redis://{NOWHERE}/0"})

    def test_is_degraded_and_still_ready(self, url: str) -> None:
        response = httpx.get(f"{url}/readyz")

        assert response.status_code == 200
        assert response.json() == {"status": "degraded", "database": "ok", "broker": "unreachable"}

    def test_work_goes_on(self, client: httpx.Client) -> None:
        assert client.post("/v1/inboxes", json={}).status_code == 201


class TestWithoutPostgres:
    @pytest.fixture
    def lost(self, settings: Settings) -> Settings:
        url = f"postgresql+psycopg://postgres:x@{NOWHERE}/nothing"
        return settings.model_copy(update={"database_url": url})

    def test_is_not_ready_and_says_why(self, lost: Settings) -> None:
        with served(lost) as base:
            response = httpx.get(f"{base}/readyz")

        problem = response.json()
        assert (response.status_code, problem["code"]) == (503, "unavailable")
        assert (problem["database"], problem["broker"]) == ("unreachable", "ok")
        assert "retry-after" in response.headers

    def test_is_healthy(self, lost: Settings) -> None:
        with served(lost) as base:
            assert httpx.get(f"{base}/healthz").status_code == 200

    def test_a_request_is_told_to_try_again(self, lost: Settings, owner_key: str) -> None:
        with served(lost) as base:
            headers = {"authorization": f"Bearer {owner_key}"}
            response = httpx.post(f"{base}/v1/inboxes", json={}, headers=headers)

        assert (response.status_code, response.json()["code"]) == (503, "unavailable")
        assert response.headers["content-type"] == "application/problem+json"
        assert "retry-after" in response.headers

    @pytest.fixture
    def owner_key(self) -> str:
        return keys.generate()
