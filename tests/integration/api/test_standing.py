"""Where a caller stands is told on every answer, and no answer waits for it."""

from dataclasses import replace

import httpx
import pytest
import sqlalchemy as sa

from common.db import OF_THE_API
from common.settings import Settings
from services.api import counts
from tests.integration.api.mailing import accepted, box, mail
from tests.integration.api.serving import MakeOrganization, served

NOWHERE = "redis://127.0.0.1:1/0"
LONG = 60.0


def test_an_answer_that_was_given_before_is_not_held_back_for_its_headers(
    settings: Settings,
    engine: sa.Engine,
    organization: MakeOrganization,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only Postgres knows where the caller stands, and does not say."""
    monkeypatch.setattr(counts, "PATIENCE_SECONDS", LONG)
    away = settings.model_copy(update={"redis_url": NOWHERE})
    headers = {"authorization": f"Bearer {organization().key}"}
    with (
        served(away, replace(OF_THE_API, statement=LONG, answer=LONG)) as url,
        httpx.Client(base_url=url, headers=headers, timeout=LONG / 3) as client,
    ):
        shop = box(client)
        first = shop.post(mail(), idempotency_key="a")
        accepted(first)
        with engine.begin() as holder:
            holder.execute(sa.text("LOCK TABLE message IN ACCESS EXCLUSIVE MODE"))
            again = shop.post(mail(), idempotency_key="a")

    assert again.content == first.content
    assert again.headers["idempotent-replayed"] == "true"
    assert "ratelimit-limit" in first.headers
    assert "ratelimit-limit" not in again.headers
