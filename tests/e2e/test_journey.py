"""The whole way, over the real processes: from POST to SES, and back as a signed webhook."""

from collections.abc import Iterator

import pytest

from tests.e2e.customer import (
    BOUNCE,
    COMPLAINT,
    SIMULATOR,
    SUCCESS,
    Customer,
    Json,
    customer,
    path_of,
)
from tests.e2e.endpoint import Endpoint
from tests.e2e.local import Local
from tests.e2e.ses import mails
from tests.waiting import eventually


@pytest.fixture
def acme(local: Local) -> Iterator[Customer]:
    with customer(local) as acme:
        yield acme


@pytest.fixture
def inbox(acme: Customer) -> Json:
    return acme.inbox(name="Support")


@pytest.fixture
def endpoint(acme: Customer) -> Iterator[Endpoint]:
    """It hears of all that happens from now on."""
    with acme.told() as endpoint:
        yield endpoint


ANOTHER, A_THIRD = f"success+a@{SIMULATOR}", f"success+b@{SIMULATOR}"
FATES = [(SUCCESS, "delivered"), (BOUNCE, "bounced"), (COMPLAINT, "complained")]


@pytest.mark.parametrize(("recipient", "fate"), FATES)
def test_a_message_ends_as_its_recipient_takes_it(
    acme: Customer, inbox: Json, recipient: str, fate: str
) -> None:
    sent = acme.send(inbox, to=[recipient])
    ended = acme.ended(sent, fate)

    assert sent["status"] == "queued"
    assert [(one["email"], one["status"]) for one in ended["recipients"]] == [(recipient, fate)]
    assert ended["externalMessageId"].endswith("-000000")


@pytest.mark.parametrize(("recipient", "fate"), FATES)
def test_every_step_is_told_by_a_webhook_that_any_library_verifies(
    acme: Customer, inbox: Json, endpoint: Endpoint, recipient: str, fate: str
) -> None:
    sent = acme.send(inbox, to=[recipient])
    eventually(lambda: endpoint.kinds(sent["id"]) >= {"message.sent", f"message.{fate}"})

    last = next(one for one in endpoint.events() if one["event"] == f"message.{fate}")
    assert last["payload"]["status"] == fate
    assert last["payload"]["text"] == "How are you?"
    assert last["inboxId"] == inbox["id"]
    assert last["organizationId"] == acme.organization_id
    assert [call.headers["webhook-id"] for call in endpoint.calls] == [
        call.event["id"] for call in endpoint.calls
    ]


def test_the_history_of_a_message_is_what_its_webhooks_told(
    acme: Customer, inbox: Json, endpoint: Endpoint
) -> None:
    sent = acme.send(inbox, to=[COMPLAINT])
    acme.ended(sent, "complained")

    history = acme.call("GET", f"{path_of(sent)}/events")

    assert [one["event"] for one in history] == [
        "message.sent",
        "message.delivered",
        "message.complained",
    ]
    assert acme.call("GET", f"/v1/events?messageId={sent['id']}") == history[::-1]
    eventually(lambda: len(endpoint.events(sent["id"])) == len(history))
    assert sorted(endpoint.events(sent["id"]), key=lambda one: one["id"]) == history


def test_a_bounce_says_why_in_the_words_of_ses(acme: Customer, inbox: Json) -> None:
    ended = acme.ended(acme.send(inbox, to=[BOUNCE]), "bounced")

    reason = ended["statusReason"]
    assert (reason["type"], reason["subType"]) == ("Permanent", "General")
    assert reason["diagnostic"] == "smtp; 550 5.1.1 user unknown"
    assert reason["diagnostic"] in reason["message"]
    assert ended["recipients"][0]["reason"] == reason


def test_a_suppressed_address_bounces_and_says_that_it_is_suppressed(
    acme: Customer, inbox: Json
) -> None:
    ended = acme.ended(acme.send(inbox, to=[f"suppressionlist@{SIMULATOR}"]), "bounced")

    assert ended["statusReason"]["subType"] == "OnAccountSuppressionList"


@pytest.mark.parametrize(
    ("mail", "gravest"),
    [
        ({"to": [SUCCESS, BOUNCE], "cc": [COMPLAINT]}, "complained"),
        ({"to": [SUCCESS], "cc": [BOUNCE]}, "bounced"),
        ({"to": [SUCCESS], "bcc": [BOUNCE]}, "bounced"),
        ({"to": [SUCCESS], "cc": [ANOTHER], "bcc": [A_THIRD]}, "delivered"),
    ],
)
def test_of_different_fates_the_gravest_is_the_message_s(
    acme: Customer, inbox: Json, mail: dict[str, list[str]], gravest: str
) -> None:
    ended = acme.ended(acme.send(inbox, **mail), gravest)

    # Each recipient is told of by an event of its own, in any order.
    everybody = [email for emails in mail.values() for email in emails]
    wanted = {email: dict(FATES).get(email, "delivered") for email in everybody}
    eventually(
        lambda: {one["email"]: one["status"] for one in acme.again(ended)["recipients"]} == wanted
    )
    assert acme.again(ended)["status"] == gravest


def test_who_would_rather_wait_gets_the_message_when_ses_has_it(
    acme: Customer, inbox: Json
) -> None:
    answer = acme.client.post(
        f"/v1/inboxes/{inbox['id']}/messages/send",
        json={"to": [SUCCESS], "text": "Hello"},
        headers={"prefer": "wait=20"},
    )

    assert answer.status_code == 202
    assert answer.headers["preference-applied"] == "wait=20"
    assert answer.json()["status"] in {"sent", "delivered"}


def test_a_repeated_request_sends_one_mail(local: Local, acme: Customer, inbox: Json) -> None:
    path, mail = f"/v1/inboxes/{inbox['id']}/messages/send", {"to": [SUCCESS], "text": "Once"}
    answers = [
        acme.client.post(path, json=mail, headers={"idempotency-key": "order-4711"})
        for _ in range(3)
    ]

    first, *others = answers
    assert [one.content for one in others] == [first.content] * 2
    assert [one.headers.get("idempotent-replayed") for one in answers] == [None, "true", "true"]
    acme.ended(first.json(), "delivered")
    assert len(acme.call("GET", f"/v1/inboxes/{inbox['id']}/messages")) == 1
    assert len(mails(local.aws_url, first.json()["id"])) == 1
