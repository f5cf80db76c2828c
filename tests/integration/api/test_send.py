"""POST /v1/inboxes/{inboxId}/messages/send: what is answered and what is then in the tables."""

import threading
from base64 import b64encode
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from common import ids
from services.api.schemas.messages import MessageShown
from tests.integration.api.mailing import JANE, Box, accepted, box, code, count, mail
from tests.integration.api.serving import Organization
from tests.tenants import rows

FILE = {"name": "a.pdf", "contentType": "application/pdf", "content": b64encode(b"\0PDF").decode()}


@pytest.fixture
def shop(client: httpx.Client) -> Box:
    return box(client, email="shop@mail.test", name="The Shop")


def test_a_message_is_accepted_as_queued(shop: Box, owner: Organization) -> None:
    answered = accepted(
        shop.post(mail(cc=["Bob <bob@b.example>"], labels=["orders"], html="<p>Hello</p>"))
    )

    assert MessageShown.model_validate(answered)
    assert answered["organizationId"] == ids.encode(ids.ORGANIZATION, owner.id)
    assert (answered["inboxId"], answered["fromInboxId"]) == (shop.id, shop.id)
    assert answered["from"] == "The Shop <shop@mail.test>"
    assert (answered["to"], answered["cc"], answered["bcc"]) == (
        [JANE],
        ["Bob <bob@b.example>"],
        [],
    )
    assert (answered["text"], answered["html"]) == ("How are you?", "<p>Hello</p>")
    assert (answered["status"], answered["labels"]) == ("queued", ["orders"])
    assert [one["status"] for one in answered["recipients"]] == ["queued", "queued"]
    assert answered["createdAt"] == answered["updatedAt"]
    assert {"externalMessageId", "toInboxId", "inReplyTo"}.isdisjoint(answered)


def test_what_is_answered_is_what_is_stored(shop: Box) -> None:
    full = mail(
        to=["Jürgen Groß <j@b.example>"],
        cc=["c@b.example"],
        bcc=["d@b.example"],
        subject="Grüße 😀 \"quoted\" \\ 'x' % & :*",
        text="Zeile\n\u2028\ttab",
        html="<p>ß</p>",
        labels=["b", "a"],
        replyTo=['"Desk, the" <desk@b.example>'],
        headers={"X-Campaign": "frühling"},
        attachments=[FILE],
    )

    answered = accepted(shop.post(full))

    stored = shop.get(answered["id"])
    assert [one.pop("content") for one in stored["attachments"]] == [FILE["content"]]
    assert stored == answered


def test_a_message_is_a_job_for_the_sender(shop: Box, engine: sa.Engine) -> None:
    answered = shop.send(replyTo=["Desk <desk@b.example>"], headers={"X-A": "b"})

    [message] = rows(engine, "SELECT * FROM message")
    assert message["id"] == ids.decode(ids.MESSAGE, answered["id"])
    assert (message["send_state"], message["attempts"]) == ("queued", 0)
    assert message["due_at"] is not None
    assert (message["lease_until"], message["lease_token"]) == (None, None)
    assert message["reply_to"] == ["Desk <desk@b.example>"]
    assert message["headers"] == {"X-A": "b"}
    assert message["reference_ids"] == []


def test_a_message_begins_a_thread(shop: Box, engine: sa.Engine) -> None:
    answered = shop.send(subject="Begin")

    [thread] = rows(engine, "SELECT * FROM thread")
    assert ids.encode(ids.THREAD, thread["id"]) == answered["threadId"]
    assert (thread["subject"], thread["message_count"]) == ("Begin", 1)
    assert ids.encode(ids.MESSAGE, thread["last_message_id"]) == answered["id"]


def test_the_request_id_goes_with_the_message(shop: Box, engine: sa.Engine) -> None:
    shop.post(mail(), x_request_id="mine-1")

    assert rows(engine, "SELECT request_id FROM message") == [{"request_id": "mine-1"}]


def test_an_empty_body_beside_another_is_none(shop: Box) -> None:
    assert "text" not in shop.send(text="", html="<p>x</p>")
    assert "html" not in shop.send(text="x", html="")


def test_the_bytes_of_files_are_in_rows_of_their_own(shop: Box, engine: sa.Engine) -> None:
    answered = shop.send(attachments=[FILE, FILE | {"name": "b.pdf"}])

    assert [(one["name"], one["size"]) for one in answered["attachments"]] == [
        ("a.pdf", 4),
        ("b.pdf", 4),
    ]
    assert [bytes(one["content"]) for one in rows(engine, "SELECT content FROM blob")] == [
        b"\0PDF",
        b"\0PDF",
    ]


def test_a_hidden_recipient_is_shown_to_the_sender_alone(shop: Box, engine: sa.Engine) -> None:
    answered = shop.send(bcc=["secret@b.example"])

    assert answered["bcc"] == ["secret@b.example"]
    assert rows(engine, "SELECT kind FROM recipient ORDER BY position") == [
        {"kind": "to"},
        {"kind": "bcc"},
    ]


def test_a_renamed_inbox_sends_by_its_new_name_at_once(shop: Box) -> None:
    shop.send()

    shop.client.patch(shop.path, json={"name": "New Name"})

    assert shop.send()["from"] == "New Name <shop@mail.test>"


def test_a_deleted_inbox_sends_nothing_more(shop: Box, engine: sa.Engine) -> None:
    shop.send()

    shop.client.delete(shop.path)

    assert code(shop.post(mail())) == (404, "inbox_not_found")
    assert count(engine, "message") == 1


def test_many_at_once_are_all_accepted(shop: Box, engine: sa.Engine) -> None:
    answers: list[Any] = []

    def send(number: int) -> None:
        answers.append(shop.send(subject=f"{number}"))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(int(one["subject"]) for one in answers) == list(range(40))
    assert count(engine, "message") == 40
    assert count(engine, "recipient") == 40
    assert count(engine, "thread") == 40
    assert count(engine, "search") == 40


def test_too_large_a_message_is_a_413(shop: Box) -> None:
    content = b64encode(bytes(29_400_000)).decode()

    assert code(shop.post(mail(attachments=[FILE | {"content": content}]))) == (
        413,
        "message_too_large",
    )
