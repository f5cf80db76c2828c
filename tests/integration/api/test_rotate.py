"""A new secret: both sign for a day, and neither is ever readable in a table."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from common import clock
from common.settings import Settings
from common.vault import Vault
from services.api.schemas.webhooks import RotatedWebhook
from tests.integration.api.hooks import create, row_of
from tests.integration.api.repeating import KEY

DAY = timedelta(hours=24)


def rotate(client: httpx.Client, webhook: dict[str, Any], **headers: str) -> dict[str, Any]:
    response = client.post(f"/v1/webhooks/{webhook['id']}/rotate", headers=headers)
    assert response.status_code == 200, response.text
    rotated: dict[str, Any] = response.json()
    RotatedWebhook.model_validate(rotated)
    return rotated


@pytest.fixture
def vault(settings: Settings) -> Vault:
    return Vault.of(settings)


def test_the_old_secret_is_kept_sealed_for_a_day(
    client: httpx.Client, engine: sa.Engine, vault: Vault
) -> None:
    webhook = create(client)

    rotated = rotate(client, webhook)

    row = row_of(engine, webhook)
    assert rotated["secret"] != webhook["secret"]
    assert vault.open(row["secret"], row["id"]) == rotated["secret"]
    assert vault.open(row["old_secret"], row["id"]) == webhook["secret"]
    assert clock.wire(row["old_secret_until"]) == rotated["oldSecretValidUntil"]
    until = datetime.fromisoformat(rotated["oldSecretValidUntil"])
    assert timedelta() <= clock.now() + DAY - until < timedelta(minutes=1)


def test_neither_is_shown_again_nor_readable_in_the_table(
    client: httpx.Client, engine: sa.Engine
) -> None:
    webhook = create(client)
    rotated = rotate(client, webhook)

    shown = client.get(f"/v1/webhooks/{webhook['id']}").json()
    told = f"{shown} {row_of(engine, webhook)} {client.get('/v1/events').text}"

    assert {"secret", "oldSecretValidUntil"}.isdisjoint(shown)
    for secret in (webhook["secret"], rotated["secret"]):
        assert secret.removeprefix("whsec_") not in told


def test_a_second_rotation_lets_the_oldest_go(
    client: httpx.Client, engine: sa.Engine, vault: Vault
) -> None:
    webhook = create(client)
    first, second = rotate(client, webhook), rotate(client, webhook)

    row = row_of(engine, webhook)
    assert vault.open(row["secret"], row["id"]) == second["secret"]
    assert vault.open(row["old_secret"], row["id"]) == first["secret"]


def test_a_rotation_that_is_repeated_is_one(
    client: httpx.Client, engine: sa.Engine, vault: Vault
) -> None:
    webhook = create(client)

    first, again = rotate(client, webhook, **KEY), rotate(client, webhook, **KEY)

    row = row_of(engine, webhook)
    assert first == again
    assert vault.open(row["old_secret"], row["id"]) == webhook["secret"]


def test_all_else_stays(client: httpx.Client) -> None:
    webhook = create(client, description="a", ordered=True)

    rotated = rotate(client, webhook)

    changed = {"secret", "oldSecretValidUntil", "updatedAt"}
    assert {name: rotated[name] for name in rotated.keys() - changed} == {
        name: webhook[name] for name in webhook.keys() - changed
    }
