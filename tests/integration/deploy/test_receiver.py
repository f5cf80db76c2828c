from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from standardwebhooks.webhooks import Webhook

from deploy.local.receiver import PATH, Arrival, Receiver, listening

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = '{"event": "message.delivered", "messageId": "msg_1"}'


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as receiver:
        receiver.secret = SECRET
        yield receiver


def post(receiver: Receiver, body: str, secret: str = SECRET) -> int:
    now = datetime.now(UTC)
    signature = Webhook(secret).sign("evt_1", now, BODY)
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    return httpx.post(receiver.url, content=body, headers=headers, trust_env=False).status_code


def test_a_genuine_webhook_is_accepted_and_known_by_its_message(receiver: Receiver) -> None:
    status = post(receiver, BODY)

    assert status == 204
    assert receiver.arrivals.get_nowait() == Arrival("evt_1", "message.delivered", "msg_1", True)


@pytest.mark.parametrize("body", [BODY.replace("msg_1", "msg_2"), "", "[]", "{"])
def test_a_body_that_was_not_signed_is_refused(receiver: Receiver, body: str) -> None:
    status = post(receiver, body)

    assert status == 400
    assert not receiver.arrivals.get_nowait().verified


def test_a_signature_by_another_secret_is_refused(receiver: Receiver) -> None:
    assert post(receiver, BODY, "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD") == 400


def test_our_own_webhooks_are_known_by_their_path(receiver: Receiver) -> None:
    assert receiver.url.endswith(PATH)
