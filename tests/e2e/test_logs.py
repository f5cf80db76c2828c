"""What is written of the mail into logs: one line for each outcome, and nothing that is in it."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.e2e.customer import SIMULATOR, Customer, Json, customer
from tests.e2e.local import Local
from tests.e2e.processes import SERVICES, log_lines
from tests.e2e.ses import faults
from tests.waiting import eventually


@dataclass(frozen=True, slots=True)
class Told:
    """`secret`: words that were in requests, answers and mail, and belong into no log."""

    message: Json
    request_id: str
    secret: list[str]


@pytest.fixture(scope="module")
def told(local: Local) -> Iterator[Told]:
    """A message on its whole way, beside requests that go wrong."""
    mark, request_id = secrets.token_hex(8), f"e2e-{secrets.token_hex(8)}"
    with customer(local) as acme, acme.told() as endpoint:
        inbox = acme.inbox(name=f"name-{mark}")
        mail = {
            "to": [f"success+{mark}@{SIMULATOR}", f"bounce+{mark}@{SIMULATOR}"],
            "bcc": [f"success+bcc-{mark}@{SIMULATOR}"],
            "subject": f"subject-{mark}",
            "text": f"text-{mark}",
            "html": f"<p>html-{mark}</p>",
            "labels": [f"label-{mark}"],
            "headers": {"X-Mark": f"header-{mark}"},
            "attachments": [{"name": f"file-{mark}.txt", "content": "SGVsbG8="}],
        }
        headers = {"x-request-id": request_id, "idempotency-key": f"key-{mark}"}
        path = f"/v1/inboxes/{inbox['id']}/messages"
        message = acme.client.post(f"{path}/send", json=mail, headers=headers).json()
        acme.ended(message, "bounced")
        acme.search(inbox, f"query-{mark}")
        go_wrong(acme, path, mark)
        with faults(local.aws_url, refused=1):
            acme.ended(acme.reply(message, text=f"reply-{mark}"), "rejected")
        eventually(lambda: "message.rejected" in endpoint.kinds())
        secret = [mark, inbox["email"], acme.api_key, endpoint.secret, endpoint.url]
        yield Told(acme.again(message), request_id, secret)


def go_wrong(acme: Customer, path: str, mark: str) -> None:
    client = acme.client
    client.post(f"{path}/send", json={"to": [f"bad {mark}"], "text": f"text-{mark}", mark: 1})
    client.post(f"{path}/send", content=f'{{"text": "{mark}', headers=JSON)
    client.get(f"/v1/{mark}", params={"token": mark})
    client.post("/v1/inboxes", json={"email": f"{mark}@foreign.example"})
    client.post("/v1/webhooks", json={"url": f"http://{mark}:{mark}@x", "events": [mark]})
    client.get("/v1/inboxes", headers={"authorization": f"Bearer pr_{mark}"})


JSON = {"content-type": "application/json"}


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("service", SERVICES)
def test_a_log_is_json_that_says_when_where_and_how_grave(local: Local, service: str) -> None:
    lines = log_lines(local, service)

    assert lines
    assert [line for line in lines if not line.keys() >= {"timestamp", "level", "event"}] == []
    assert {line["service"] for line in lines} == {service}


def test_no_log_has_anything_of_the_mail_or_a_secret_in_it(local: Local, told: Told) -> None:
    written = {path: path.read_text("utf-8", "replace") for path in local.state.logs.glob("*.log")}

    assert len(written) >= len(SERVICES)
    assert [
        (path, one) for path, text in written.items() for one in told.secret if one in text
    ] == []


@pytest.mark.parametrize(
    ("service", "event"),
    [
        ("api", "message.accepted"),
        ("sender", "send.accepted"),
        ("status", "feedback.taken"),
        ("webhooks", "delivery.attempted"),
    ],
)
def test_a_message_is_followed_by_the_id_of_its_request(
    local: Local, told: Told, service: str, event: str
) -> None:
    mine = [line for line in log_lines(local, service) if line.get("request_id") == told.request_id]
    outcomes = [line for line in mine if line["event"] == event]

    assert outcomes
    assert {line.get("message_id", told.message["id"]) for line in outcomes} == {told.message["id"]}
