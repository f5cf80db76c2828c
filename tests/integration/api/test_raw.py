"""GET /v1/inboxes/{inboxId}/messages/{messageId}/raw, with S3 behind it."""

import hashlib
from base64 import b64encode

import httpx
import pytest

from common import aws
from common.settings import Settings
from deploy.local import ports
from tests.integration.api.arriving import Arriving, raw
from tests.integration.api.mailing import Box, code
from tests.integration.api.serving import Organization, served

MAIL = b"From: jane@customer.example\r\nSubject: \xe9\r\n\r\n" + bytes(range(256)) * 4096
BUCKET, KEY = "mail-of-tests", "incoming/a b/1"


@pytest.fixture
def settings(settings: Settings, aws_url: str) -> Settings:
    return settings.model_copy(update={"aws_url": aws_url})


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")


def keep(arrive: Arriving, message_id: str) -> str:
    """Its path."""
    digest = hashlib.sha256(MAIL).hexdigest()
    place = {"bucket": BUCKET, "key": KEY, "sha256": digest, "size": len(MAIL)}
    raw(arrive.engine, arrive.organization_id, message_id, **place)
    return f"{arrive.box.path}/messages/{message_id}/raw"


@pytest.fixture
def kept(settings: Settings, arrive: Arriving) -> str:
    s3 = aws.client(settings, "s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=MAIL)
    return keep(arrive, arrive())


def test_received_mail_is_given_out_byte_for_byte(shop: Box, kept: str) -> None:
    response = shop.client.get(kept)

    assert (response.status_code, response.content) == (200, MAIL)
    assert response.headers["content-type"] == "message/rfc822"
    assert response.headers["content-length"] == str(len(MAIL))
    assert response.headers["content-disposition"].startswith("attachment; filename*=UTF-8''msg_")
    assert response.headers["x-content-type-options"] == "nosniff"
    digest = b64encode(hashlib.sha256(MAIL).digest()).decode()
    assert response.headers["repr-digest"] == f"sha-256=:{digest}:"


def test_mail_with_a_virus_is_not(arrive: Arriving, shop: Box) -> None:
    path = keep(arrive, arrive(verdicts={"virus": "fail"}))

    assert code(shop.client.get(path)) == (403, "raw_withheld")


def test_what_was_sent_is_not_kept(shop: Box) -> None:
    sent = shop.send()

    response = shop.client.get(f"{shop.path}/messages/{sent['id']}/raw")

    assert code(response) == (404, "raw_not_found")


def test_what_s3_has_not_any_more_is_not_found(shop: Box, kept: str, settings: Settings) -> None:
    aws.client(settings, "s3").delete_object(Bucket=BUCKET, Key=KEY)

    assert code(shop.client.get(kept)) == (404, "raw_not_found")


def test_anothers_mail_is_not_found(stranger: httpx.Client, kept: str) -> None:
    assert code(stranger.get(kept)) == (404, "inbox_not_found")


def test_a_store_that_is_away_is_no_reason_to_give_up(
    arrive: Arriving, settings: Settings, owner: Organization
) -> None:
    path = keep(arrive, arrive())
    nowhere = {"aws_url": f"http://127.0.0.1:{ports.free()[0]}"}
    headers = {"authorization": f"Bearer {owner.key}"}

    with served(settings.model_copy(update=nowhere)) as url:
        response = httpx.get(f"{url}{path}", headers=headers, timeout=30)

    assert code(response) == (503, "unavailable")
    assert int(response.headers["retry-after"]) > 0
