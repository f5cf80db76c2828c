"""POST /v1/inboxes/{inboxId}/messages/{messageId}/reply"""

import httpx
import pytest
import sqlalchemy as sa

from common import ids
from tests.integration.api.mailing import JANE, Box, accepted, box, code, count, received
from tests.integration.api.serving import Organization
from tests.tenants import rows


@pytest.fixture
def shop(client: httpx.Client) -> Box:
    return box(client, email="shop@mail.test", name="The Shop")


@pytest.fixture
def question(engine: sa.Engine, owner: Organization, shop: Box) -> str:
    """From Jane, to the shop and Bob, Cc to Carol."""
    lists = {"to": [shop.email, "bob@b.example"], "cc": ["carol@b.example"]}
    return received(engine, owner.id, shop, recipients=lists)


def test_a_reply_goes_to_the_sender_in_the_same_thread(shop: Box, question: str) -> None:
    asked = shop.get(question)

    answered = accepted(shop.reply(question, labels=["done"]))

    assert answered["to"] == [f"Jane Doe <{JANE}>"]
    assert (answered["cc"], answered["bcc"]) == ([], [])
    assert answered["subject"] == "Re: A question"
    assert answered["threadId"] == asked["threadId"]
    assert answered["inReplyTo"] == question
    assert answered["from"] == "The Shop <shop@mail.test>"
    assert (answered["status"], answered["labels"]) == ("queued", ["done"])
    assert shop.get(answered["id"]) == answered


def test_a_reply_to_all_leaves_the_inbox_out(shop: Box, question: str) -> None:
    answered = accepted(shop.reply(question, replyAll=True, bcc=["d@b.example", "Shop@mail.test"]))

    assert answered["to"] == [f"Jane Doe <{JANE}>"]
    assert answered["cc"] == ["bob@b.example", "carol@b.example"]
    assert answered["bcc"] == ["d@b.example"]


def test_a_reply_to_what_the_inbox_sent_goes_to_its_recipients(shop: Box) -> None:
    sent = shop.send(to=["a@b.example"], cc=["c@b.example"], bcc=["d@b.example"])

    answered = accepted(shop.reply(sent["id"], replyAll=True))

    assert (answered["to"], answered["cc"], answered["bcc"]) == (
        ["a@b.example"],
        ["c@b.example"],
        [],
    )
    assert answered["threadId"] == sent["threadId"]


def test_the_chain_leads_to_the_message_that_is_answered(
    shop: Box, question: str, engine: sa.Engine
) -> None:
    first = accepted(shop.reply(question))
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE message SET external_message_id = '0100-1' WHERE id = :id"),
            {"id": ids.decode(ids.MESSAGE, first["id"])},
        )
    second = accepted(shop.reply(first["id"]))
    third = accepted(shop.reply(second["id"]))

    def chain(message: dict[str, str]) -> list[str]:
        query = "SELECT reference_ids FROM message WHERE id = :id"
        [row] = rows(engine, query, id=ids.decode(ids.MESSAGE, message["id"]))
        found: list[str] = row["reference_ids"]
        return found

    assert chain(first) == ["<1@customer.example>"]
    assert chain(second) == ["<1@customer.example>", f"<{first['id']}@mail.test>"]
    assert chain(third) == [
        *chain(second),
        "<0100-1@email.amazonses.com>",
        f"<{second['id']}@mail.test>",
    ]


def test_the_chain_of_an_answer_to_received_mail_names_no_receipt(
    shop: Box, engine: sa.Engine, owner: Organization
) -> None:
    """Jane answers what we sent, and her answer, which SES calls something too, is answered."""
    sent = shop.send()
    sent_id = ids.decode(ids.MESSAGE, sent["id"])
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE message SET external_message_id = '0100-1'"))
    answer = received(
        engine,
        owner.id,
        shop,
        in_reply_to_id=sent_id,
        external_message_id="receipt",
        internet_message_id="<2@customer.example>",
        reference_ids=[f"<{sent['id']}@mail.test>", "<0100-1@email.amazonses.com>"],
    )
    first = accepted(shop.reply(answer))
    second = accepted(shop.reply(first["id"]))

    query = "SELECT reference_ids FROM message WHERE id = :id"
    [row] = rows(engine, query, id=ids.decode(ids.MESSAGE, second["id"]))
    assert row["reference_ids"] == [
        f"<{sent['id']}@mail.test>",
        "<0100-1@email.amazonses.com>",
        "<2@customer.example>",
        f"<{first['id']}@mail.test>",
    ]


def test_the_subject_is_marked_once(shop: Box) -> None:
    sent = shop.send(subject="AW: re[2]: Hello")

    first = accepted(shop.reply(sent["id"]))
    second = accepted(shop.reply(first["id"]))

    assert first["subject"] == second["subject"] == "Re: Hello"


def test_a_message_without_a_subject_is_answered_too(shop: Box) -> None:
    assert accepted(shop.reply(shop.send(subject="")["id"]))["subject"] == "Re:"


def test_the_longest_subject_is_answered_too(shop: Box) -> None:
    assert accepted(shop.reply(shop.send(subject="x" * 900)["id"]))["subject"].startswith("Re: xx")


def test_a_thread_moves_with_each_reply(shop: Box, question: str, engine: sa.Engine) -> None:
    answered = accepted(shop.reply(question))

    [thread] = rows(engine, "SELECT * FROM thread")
    assert thread["message_count"] == 2
    assert ids.encode(ids.MESSAGE, thread["last_message_id"]) == answered["id"]


def test_a_key_gives_the_first_answer_again(shop: Box, question: str, engine: sa.Engine) -> None:
    path = f"{shop.path}/messages/{question}/reply"
    answers = [
        shop.client.post(path, json={"text": "x"}, headers={"idempotency-key": "a"})
        for _ in range(2)
    ]

    assert answers[0].content == answers[1].content
    assert answers[1].headers["idempotent-replayed"] == "true"
    assert count(engine, "message") == 2


def test_a_message_of_another_inbox_is_not_found(shop: Box, question: str) -> None:
    other = box(shop.client)

    assert code(other.reply(question)) == (404, "message_not_found")


def test_nothing_of_a_deleted_inbox_is_answered(shop: Box, question: str) -> None:
    shop.client.delete(shop.path)

    assert code(shop.reply(question)) == (404, "inbox_not_found")


def test_a_reply_to_oneself_alone_is_refused(shop: Box) -> None:
    sent = shop.send(to=[shop.email])

    response = shop.reply(sent["id"])

    assert code(response) == (422, "validation_failed")
    assert response.json()["errors"][0]["path"] == "messageId"


def test_more_recipients_than_a_mail_takes_are_refused(
    shop: Box, engine: sa.Engine, owner: Organization
) -> None:
    lists = {"cc": [f"a{at}@b.example" for at in range(60)]}
    asked = received(engine, owner.id, shop, recipients=lists)

    response = shop.reply(asked, replyAll=True)

    assert code(response) == (422, "validation_failed")
    assert response.json()["errors"][0]["path"] == "replyAll"
    assert shop.reply(asked).status_code == 202


def test_a_body_is_needed(shop: Box, question: str) -> None:
    assert code(shop.reply(question, text="")) == (422, "validation_failed")
