"""Replies: to whom they go, and what keeps them together here and in a reader's mail program."""

from collections.abc import Iterator

import pytest

from tests.e2e.customer import SIMULATOR, SUCCESS, Customer, Json, customer
from tests.e2e.local import Local
from tests.e2e.ses import Mail, faults, mails

ANN, BEN, CID = (f"success+{name}@{SIMULATOR}" for name in ("ann", "ben", "cid"))


@pytest.fixture
def acme(local: Local) -> Iterator[Customer]:
    with customer(local) as acme:
        yield acme


@pytest.fixture
def inbox(acme: Customer) -> Json:
    return acme.inbox(name="Support")


def delivered(acme: Customer, local: Local, message: Json) -> tuple[Json, Mail]:
    """The message at its end, and its mail."""
    ended = acme.ended(message, "delivered")
    (mail,) = mails(local.aws_url, message["id"])
    return ended, mail


def our_id(message: Json) -> str:
    """What stays of a message in `References`, whatever SES makes of its Message-ID."""
    return f"<{message['id']}@postroom.test>"


def wire_id(message: Json) -> str:
    """The Message-ID that SES gave it, which its readers' mail programs know it by."""
    return f"<{message['externalMessageId']}@email.amazonses.com>"


def ids_in(mail: Mail, header: str) -> list[str]:
    return str(mail.parsed.get(header, "")).split()


def test_a_reply_is_in_its_message_s_thread(acme: Customer, inbox: Json) -> None:
    first = acme.send(inbox)
    second = acme.reply(first)
    third = acme.reply(second)

    assert second["threadId"] == third["threadId"] == first["threadId"]
    assert (second["inReplyTo"], third["inReplyTo"]) == (first["id"], second["id"])
    assert "inReplyTo" not in first
    assert acme.send(inbox)["threadId"] != first["threadId"]


def test_a_reply_goes_to_whom_the_inbox_wrote_and_never_to_itself(
    acme: Customer, inbox: Json
) -> None:
    first = acme.send(inbox, to=[f"Ann <{ANN}>", inbox["email"]], cc=[BEN], bcc=[CID])

    reply = acme.reply(first)
    to_all = acme.reply(first, replyAll=True)
    with_others = acme.reply(first, cc=[BEN, inbox["email"]], bcc=[CID])

    assert (reply["to"], reply["cc"], reply["bcc"]) == ([f"Ann <{ANN}>"], [], [])
    assert (to_all["to"], to_all["cc"], to_all["bcc"]) == ([f"Ann <{ANN}>"], [BEN], [])
    assert (with_others["cc"], with_others["bcc"]) == ([BEN], [CID])
    assert reply["from"] == f"Support <{inbox['email']}>"


@pytest.mark.parametrize(
    "subject",
    ["Hello", "Re: Hello", "RE: Re: Hello", "AW: Hello", "Re[2]: Sv: Hello", "回复\uff1aHello"],
)
def test_a_subject_says_re_once(acme: Customer, inbox: Json, subject: str) -> None:
    reply = acme.reply(acme.send(inbox, subject=subject))

    assert reply["subject"] == "Re: Hello"
    assert acme.reply(reply)["subject"] == "Re: Hello"


def test_mail_programs_can_thread_a_reply(local: Local, acme: Customer, inbox: Json) -> None:
    first, first_mail = delivered(acme, local, acme.send(inbox))
    second, second_mail = delivered(acme, local, acme.reply(first))
    third, third_mail = delivered(acme, local, acme.reply(second))

    assert ids_in(first_mail, "in-reply-to") == []
    assert ids_in(first_mail, "references") == [our_id(first)]
    assert ids_in(second_mail, "in-reply-to") == [wire_id(first)]
    assert ids_in(second_mail, "references") == [our_id(second), our_id(first), wire_id(first)]
    assert ids_in(third_mail, "in-reply-to") == [wire_id(second)]
    assert ids_in(third_mail, "references") == [
        our_id(third),
        our_id(first),
        wire_id(first),
        our_id(second),
        wire_id(second),
    ]
    assert third_mail.to_whom == [SUCCESS]
    assert third_mail.parsed["subject"] == "Re: Hello"


def test_a_reply_to_what_ses_has_not_answered_for_names_it_by_our_own_id(
    local: Local, acme: Customer, inbox: Json
) -> None:
    with faults(local.aws_url, latencyMs=700):
        first = acme.send(inbox)
        _, mail = delivered(acme, local, acme.reply(first))

    assert ids_in(mail, "in-reply-to") == [our_id(first)]


def test_whom_a_reply_hides_stays_hidden(local: Local, acme: Customer, inbox: Json) -> None:
    first = acme.send(inbox, to=[ANN], bcc=[BEN])
    _, mail = delivered(acme, local, acme.reply(first, bcc=[CID]))

    assert mail.to_whom == [ANN, CID]
    assert b"+cid" not in mail.raw
    assert b"+ben" not in mail.raw


def test_a_thread_lists_its_messages_oldest_first(acme: Customer, inbox: Json) -> None:
    first = acme.send(inbox, subject="Your order")
    second = acme.reply(first)
    third = acme.reply(first)
    path = f"/v1/inboxes/{inbox['id']}/threads/{first['threadId']}"

    thread = acme.call("GET", path)
    page = acme.client.get(path, params={"limit": 2})
    rest = acme.client.get(page.links["next"]["url"])

    assert thread["subject"] == "Your order"
    assert thread["messageCount"] == 3
    assert thread["lastMessageAt"] == third["createdAt"]
    in_order = [first["id"], second["id"], third["id"]]
    assert [one["id"] for one in thread["messages"]] == in_order
    assert [one["id"] for one in page.json()["messages"] + rest.json()["messages"]] == in_order
    assert "next" not in rest.links


def test_threads_come_with_the_newest_message_first(acme: Customer, inbox: Json) -> None:
    older, newer = acme.send(inbox), acme.send(inbox)
    path = f"/v1/inboxes/{inbox['id']}/threads"
    before = [one["id"] for one in acme.call("GET", path)]

    acme.reply(older)
    page = acme.client.get(path, params={"limit": 1})
    rest = acme.client.get(page.links["next"]["url"])

    assert before == [newer["threadId"], older["threadId"]]
    assert [one["id"] for one in page.json() + rest.json()] == before[::-1]
    assert [one["messageCount"] for one in page.json() + rest.json()] == [2, 1]


def test_messages_are_listed_by_their_thread(acme: Customer, inbox: Json) -> None:
    first = acme.send(inbox)
    acme.send(inbox)
    reply = acme.reply(first)

    found = acme.call("GET", f"/v1/inboxes/{inbox['id']}/messages?threadId={first['threadId']}")

    assert [one["id"] for one in found] == [reply["id"], first["id"]]
