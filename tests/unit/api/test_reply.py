"""What a reply takes from the message that it answers."""

from typing import Any

import pytest

from common import ids
from services.api.drafts import Destination
from services.api.reply import (
    FIRST_REFERENCES,
    LAST_REFERENCES,
    NobodyLeftError,
    parent,
    recipients,
)
from services.api.schemas.messages import NewReply

OWN = "shop@mail.example"
PLAIN = NewReply(text="Thanks")
ALL = NewReply(text="Thanks", replyAll=True)


def original(**columns: Any) -> dict[str, Any]:
    """A received message from Jane to the shop, to Bob, and Cc to Carol."""
    return {
        "id": ids.new(),
        "thread_id": ids.new(),
        "direction": "inbound",
        "from_email": "jane@customer.example",
        "from_name": "Jane Doe",
        "reply_to": [],
        "subject": "Hello",
        "recipients": [
            row("to", "Shop@Mail.example"),
            row("to", "bob@customer.example"),
            row("cc", "carol@customer.example"),
        ],
        "reference_ids": [],
        "internet_message_id": "<1@customer.example>",
        "parent_external_id": None,
    } | columns


def row(kind: str, email: str, name: str = "") -> dict[str, Any]:
    return {"kind": kind, "email": email, "name": name}


def sent(**columns: Any) -> dict[str, Any]:
    """The same, but sent by the shop itself, with a hidden copy to Dave."""
    listed = [
        row("to", "bob@customer.example", "Bob"),
        row("cc", "carol@customer.example"),
        row("bcc", "dave@customer.example"),
    ]
    columns = {"direction": "outbound", "from_email": OWN, "recipients": listed} | columns
    return original(**columns)


def told(found: list[Destination]) -> list[tuple[str, str]]:
    return [(one.kind, str(one.address)) for one in found]


def test_a_received_message_is_answered_to_its_sender() -> None:
    assert told(recipients(original(), OWN, PLAIN)) == [("to", "Jane Doe <jane@customer.example>")]


def test_a_reply_to_is_answered_in_the_senders_place() -> None:
    found = recipients(original(reply_to=["Desk <desk@customer.example>"]), OWN, PLAIN)

    assert told(found) == [("to", "Desk <desk@customer.example>")]


def test_a_reply_to_that_is_no_address_does_not_count() -> None:
    found = recipients(original(reply_to=["nobody", f"Us <{OWN}>"]), OWN, PLAIN)

    assert told(found) == [("to", "Jane Doe <jane@customer.example>")]


def test_replying_to_all_of_a_received_message_leaves_the_inbox_out() -> None:
    assert told(recipients(original(), OWN, ALL)) == [
        ("to", "Jane Doe <jane@customer.example>"),
        ("cc", "bob@customer.example"),
        ("cc", "carol@customer.example"),
    ]


def test_the_tagged_forms_of_the_inbox_are_its_own_too() -> None:
    everyone = [
        row("to", "SHOP+orders@mail.example"),
        row("cc", "shopping@mail.example"),
        row("cc", "shop@other.example"),
    ]
    asked = original(recipients=everyone, reply_to=["shop+loop@MAIL.example"])

    assert told(recipients(asked, OWN, ALL)) == [
        ("to", "Jane Doe <jane@customer.example>"),
        ("cc", "shopping@mail.example"),
        ("cc", "shop@other.example"),
    ]


def test_a_sent_message_is_answered_to_whom_it_was_sent() -> None:
    assert told(recipients(sent(), OWN, PLAIN)) == [("to", "Bob <bob@customer.example>")]


def test_replying_to_all_of_a_sent_message_never_names_a_hidden_copy() -> None:
    assert told(recipients(sent(), OWN, ALL)) == [
        ("to", "Bob <bob@customer.example>"),
        ("cc", "carol@customer.example"),
    ]


def test_copies_of_the_reply_are_added_once_each() -> None:
    reply = NewReply.model_validate_json(
        '{"text": "x", "cc": ["JANE@customer.example", "eve@customer.example"],'
        ' "bcc": ["Eve@customer.example", "shop@mail.example", "fay@customer.example"]}'
    )

    assert told(recipients(original(), OWN, reply)) == [
        ("to", "Jane Doe <jane@customer.example>"),
        ("cc", "eve@customer.example"),
        ("bcc", "fay@customer.example"),
    ]


def test_a_reply_to_oneself_alone_has_nobody_left() -> None:
    with pytest.raises(NobodyLeftError):
        recipients(original(from_email=OWN), OWN, PLAIN)
    with pytest.raises(NobodyLeftError):
        recipients(sent(recipients=[row("to", OWN)]), OWN, ALL)
    with pytest.raises(NobodyLeftError):
        recipients(original(from_email=""), OWN, PLAIN)


def test_what_a_stranger_wrote_into_a_name_is_not_sent_on() -> None:
    found = recipients(original(from_name="=?utf-8?q?x=0d=0aBcc:_a@b?="), OWN, PLAIN)

    assert told(found) == [("to", "jane@customer.example")]


def test_recipients_that_no_mail_can_reach_are_passed_over() -> None:
    odd = [row("cc", "undisclosed recipients:;"), row("cc", "é@customer.example"), row("cc", "")]

    assert told(recipients(original(recipients=odd), OWN, ALL)) == [
        ("to", "Jane Doe <jane@customer.example>")
    ]


def test_the_chain_ends_with_the_message_id_of_what_was_received() -> None:
    answered = original(reference_ids=["<0@customer.example>"])

    assert parent(answered, "email.amazonses.com").reference_ids == [
        "<0@customer.example>",
        "<1@customer.example>",
    ]


def test_the_chain_ends_with_the_stable_id_of_what_was_sent() -> None:
    answered = sent(reference_ids=["<0@x.example>"], parent_external_id="0100-1")
    stable = f"<{ids.encode(ids.MESSAGE, answered['id'])}@mail.example>"

    found = parent(answered, "email.amazonses.com")

    assert found.reference_ids == ["<0@x.example>", "<0100-1@email.amazonses.com>", stable]
    assert (found.message_id, found.thread_id) == (answered["id"], answered["thread_id"])


def test_a_long_chain_keeps_its_first_and_its_last_ids() -> None:
    chain = [f"<{at}@x.example>" for at in range(100)]

    found = parent(original(reference_ids=chain), "x").reference_ids

    assert len(found) == FIRST_REFERENCES + LAST_REFERENCES
    assert found[:FIRST_REFERENCES] == chain[:FIRST_REFERENCES]
    assert found[-1] == "<1@customer.example>"


def test_an_id_stands_in_the_chain_once() -> None:
    answered = original(reference_ids=["<1@customer.example>", "<0@x.example>"])

    assert parent(answered, "x").reference_ids == ["<0@x.example>", "<1@customer.example>"]
