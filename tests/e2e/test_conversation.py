"""A conversation over the real processes: mail in, told, answered, and answered again."""

from collections.abc import Iterator
from email import policy
from email.message import EmailMessage

import httpx
import pytest

from tests.e2e.customer import Customer, Json, customer, path_of
from tests.e2e.local import Local
from tests.e2e.ses import Mail, mails
from tests.waiting import eventually

JANE = "jane@customer.example"
FIRST = "<first@customer.example>"


@pytest.fixture
def acme(local: Local) -> Iterator[Customer]:
    with customer(local) as acme:
        yield acme


@pytest.fixture
def inbox(acme: Customer) -> Json:
    return acme.inbox(name="Support")


def written(text: str, **headers: str) -> bytes:
    mail = EmailMessage(policy.default.clone(max_line_length=998))  # which would encode a long id
    for name, value in {"from": f"Jane <{JANE}>", "subject": "Where is it?", **headers}.items():
        mail[name.replace("_", "-").title()] = value
    mail.set_content(text)
    return mail.as_bytes()


def arrives(local: Local, inbox: Json, raw: bytes, **asked: str) -> None:
    """As SES takes it from another mail server."""
    params = {"to": inbox["email"], "from": JANE, **asked}
    url = f"{local.aws_url}/inbound"
    httpx.post(url, params=params, content=raw, trust_env=False).raise_for_status()


def received(acme: Customer, inbox: Json, count: int = 1) -> list[Json]:
    """The inbox's received messages, oldest first, once there are so many."""
    path = f"/v1/inboxes/{inbox['id']}/messages?status=received"

    def look() -> list[Json]:
        found: list[Json] = acme.call("GET", path)
        return found[::-1] if len(found) == count else []

    return eventually(look, 20, f"{count} received messages")


def on_the_wire(acme: Customer, local: Local, message: Json) -> tuple[str, Mail]:
    """SES's id of what we sent, and the mail."""
    sent = eventually(lambda: str(acme.again(message).get("externalMessageId", "")), 20, "sent")
    (mail,) = mails(local.aws_url, message["id"])
    return sent, mail


def test_mail_in_is_told_and_answered_and_the_answer_to_that_is_in_the_same_thread(
    acme: Customer, local: Local, inbox: Json
) -> None:
    with acme.told(events=["message.received"]) as endpoint:
        arrives(local, inbox, written("It is late.", message_id=FIRST, to=inbox["email"]))
        [event] = eventually(endpoint.events, 20, "message.received")
    [mail] = received(acme, inbox)
    assert event["messageId"] == mail["id"]
    assert event["payload"]["extractedText"] == "It is late."

    answer = acme.reply(mail, text="It is on its way.")
    external_id, sent = on_the_wire(acme, local, answer)

    assert answer["to"] == [f"Jane <{JANE}>"]
    assert answer["subject"] == "Re: Where is it?"
    assert sent.parsed["In-Reply-To"] == FIRST
    chain = str(sent.parsed["References"]).split()
    assert FIRST in chain
    ours = f"<{answer['id']}@postroom.test>"
    assert ours in chain

    named = [f"<{external_id}@{one}.amazonses.com>" for one in ("email", "eu-west-1", "us-west-2")]
    for number, reference in enumerate([*named, ours], 2):
        arrives(local, inbox, written("Thanks!", in_reply_to=reference, references=reference))
        latest = received(acme, inbox, number)[-1]
        assert latest["threadId"] == mail["threadId"], reference
        assert latest["inReplyTo"] == answer["id"]
    thread = acme.call("GET", f"/v1/inboxes/{inbox['id']}/threads/{mail['threadId']}")
    assert thread["messageCount"] == 6
    assert set(thread["participants"]) == {JANE, inbox["email"]}


def test_whoever_names_another_organizations_messages_starts_his_own_thread(
    acme: Customer, local: Local, inbox: Json
) -> None:
    with customer(local, "globex") as globex:
        theirs = globex.send(globex.inbox())
        external_id, _ = on_the_wire(globex, local, theirs)
        chain = f"<{external_id}@email.amazonses.com> <{theirs['id']}@postroom.test>"

        arrives(local, inbox, written("Hello?", references=chain))

        [mail] = received(acme, inbox)
        assert mail["threadId"] != theirs["threadId"]
        assert "inReplyTo" not in mail


def test_two_inboxes_of_ours_write_to_each_other(acme: Customer, inbox: Json) -> None:
    """The local double brings mail for its own domain back in, as SES does."""
    other = acme.inbox(name="Agent")
    sent = acme.send(inbox, to=[other["email"]], subject="Deal?")

    [question] = received(acme, other)
    acme.reply(question, text="Deal.")
    [reply] = received(acme, inbox)

    assert reply["threadId"] == sent["threadId"]
    assert reply["inReplyTo"] == sent["id"]
    assert question["threadId"] != sent["threadId"]


def test_an_agent_that_waits_for_a_code_needs_no_webhook(
    acme: Customer, local: Local, inbox: Json
) -> None:
    path = f"/v1/inboxes/{inbox['id']}/wait"
    nothing = acme.client.get(path, params={"timeout": 0})
    arrives(local, inbox, written("Your code is 4711.", subject="Your code"))
    received(acme, inbox)
    before = acme.send(inbox)

    late = acme.client.get(path, params={"timeout": 0, "subject": "code"})
    arrives(local, inbox, written("Your code is 4712.", subject="Your CODE"))
    found = acme.client.get(path, params={"after": before["id"], "subject": "code", "from": "jane"})

    assert (nothing.status_code, late.status_code) == (204, 204)
    assert found.json()["text"].strip() == "Your code is 4712."


def test_a_program_is_not_answered_by_a_program(acme: Customer, local: Local, inbox: Json) -> None:
    arrives(local, inbox, written("I am away.", auto_submitted="auto-replied"))
    [mail] = received(acme, inbox)

    refused = acme.client.post(f"{path_of(mail)}/reply", json={"text": "Thanks"})
    forced = acme.reply(mail, force=True, autoSubmitted=True)

    assert mail["automatic"] is True
    assert (refused.status_code, refused.json()["code"]) == (409, "automatic_message")
    assert on_the_wire(acme, local, forced)[1].parsed["Auto-Submitted"] == "auto-replied"


def test_a_virus_is_labelled_and_not_given_out(acme: Customer, local: Local, inbox: Json) -> None:
    mail = EmailMessage()
    mail["From"], mail["Subject"] = JANE, "Invoice"
    mail.set_content("See the file.")
    mail.add_attachment(b"MZ", "application", "octet-stream", filename="invoice.exe")
    arrives(local, inbox, mail.as_bytes(), virus="FAIL", dmarc="FAIL")
    [found] = received(acme, inbox)

    whole = acme.again(found)
    [file] = whole["attachments"]
    answer = acme.client.get(f"{path_of(found)}/attachments/{file['id']}")

    assert (found["labels"], found["verdicts"]["virus"]) == (["virus"], "fail")
    assert found["senderVerified"] is False
    assert "content" not in file
    assert (answer.status_code, answer.json()["code"]) == (403, "attachment_withheld")
