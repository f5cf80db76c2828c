"""What passes the door, and what is refused there by which name."""

import json
from typing import Any

import pytest

from common.addresses import Address
from services.api.body import parse
from services.api.drafts import destinations
from services.api.problems import Problem
from services.api.schemas.messages import NewMessage, NewReply

MINIMAL = {"to": ["jane@customer.example"], "text": "Hello"}


def read(**changes: Any) -> NewMessage:
    return parse(NewMessage, "application/json", json.dumps(MINIMAL | changes).encode())


def refusal(**changes: Any) -> str:
    """The paths of all that is wrong."""
    with pytest.raises(Problem) as caught:
        read(**changes)
    assert (caught.value.status, caught.value.code) == (422, "validation_failed")
    return " ".join(one.path for one in caught.value.errors)


def file(**changes: Any) -> list[dict[str, Any]]:
    return [{"name": "a.txt", "contentType": "text/plain", "content": "QQ=="} | changes]


def test_the_least_that_can_be_sent() -> None:
    message = read()

    assert message.to == (Address("jane@customer.example"),)
    assert (message.subject, message.cc, message.html, message.labels) == ("", (), None, ())


def test_html_alone_is_a_body() -> None:
    assert read(text=None, html="<p>").html == "<p>"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"to": []}, "to"),
        ({"to": "jane@customer.example"}, "to"),
        ({"to": ["jane"]}, "to[0]"),
        ({"to": ["jane@customer.example", "a@b.example, c@d.example"]}, "to[1]"),
        ({"to": [None]}, "to[0]"),
        ({"to": ["Jane\r\nBcc: x@y.example <jane@customer.example>"]}, "to[0]"),
        ({"cc": ["=?utf-8?q?x?= <a@b.example>"]}, "cc[0]"),
        ({"bcc": ["a@b..example"]}, "bcc[0]"),
        ({"replyTo": ["a@b\n.example"]}, "replyTo[0]"),
        ({"cc": [f"a{at}@b.example" for at in range(50)]}, "to"),
        ({"to": [f"a{at}@b.example" for at in range(51)]}, "to"),
        ({"text": ""}, "text"),
        ({"text": None}, "text"),
        ({"text": 5}, "text"),
        ({"text": "\0"}, "text"),
        ({"html": "a\0"}, "html"),
        ({"subject": "a\r\nBcc: x@y.example"}, "subject"),
        ({"subject": "a\nb"}, "subject"),
        ({"subject": "a\0b"}, "subject"),
        ({"subject": "x" * 5000}, "subject"),
        ({"subject": None}, "subject"),
        ({"headers": {"X-A": "a\r\nb"}}, "headers.X-A"),
        ({"headers": {"X-A\r\nBcc": "a"}}, "headers.X-A\r\nBcc"),
        ({"headers": {"Bcc": "x@y.example"}}, "headers.Bcc"),
        ({"headers": {"subject": "x"}}, "headers.subject"),
        ({"headers": {"Content-Type": "x/y"}}, "headers.Content-Type"),
        ({"headers": {"X A": "x"}}, "headers.X A"),
        ({"headers": {"": "x"}}, "headers."),
        ({"headers": {"X-A": "=?utf-8?q?=0d=0aBcc?="}}, "headers.X-A"),
        ({"headers": {"X-A": 5}}, "headers.X-A"),
        ({"headers": {"X-A": "1", "x-a": "2"}}, "headers"),
        ({"headers": {f"X-{at}": "x" for at in range(51)}}, "headers"),
        ({"labels": [""]}, "labels[0]"),
        ({"labels": ["a\nb"]}, "labels[0]"),
        ({"labels": ["x" * 101]}, "labels[0]"),
        ({"labels": [f"{at}" for at in range(51)]}, "labels"),
        ({"attachments": file(content="a")}, "attachments[0].content"),
        ({"attachments": file(content="QQ")}, "attachments[0].content"),
        ({"attachments": file(content="QQ==\n")}, "attachments[0].content"),
        ({"attachments": file(content="Q_-=")}, "attachments[0].content"),
        ({"attachments": file(content="é===")}, "attachments[0].content"),
        ({"attachments": file(content=None)}, "attachments[0].content"),
        ({"attachments": file(name="")}, "attachments[0].name"),
        ({"attachments": file(name="a\r\nb.txt")}, "attachments[0].name"),
        ({"attachments": file(name="run.EXE")}, "attachments[0].name"),
        ({"attachments": file(contentType="text")}, "attachments[0].contentType"),
        ({"attachments": file(contentType="text/x\r\n")}, "attachments[0].contentType"),
        ({"attachments": file(size=1)}, "attachments[0].size"),
        ({"attachments": [{}]}, "attachments[0].content attachments[0].name"),
        ({"unknown": 1}, "unknown"),
        ({"from": "a@b.example"}, "from"),
    ],
)
def test_what_is_wrong_is_refused_by_its_name(changes: dict[str, Any], path: str) -> None:
    assert refusal(**changes) == path


def test_half_a_surrogate_pair_is_not_json() -> None:
    with pytest.raises(Problem) as caught:
        parse(NewMessage, "application/json", b'{"to": ["a@b.example"], "text": "\\ud800"}')

    assert caught.value.code == "invalid_json"


def test_fifty_recipients_are_not_too_many() -> None:
    lists = {name: [f"{name}{at}@b.example" for at in range(10)] for name in ("cc", "bcc")}

    assert len(read(to=[f"a{at}@b.example" for at in range(30)], **lists).to) == 30


def test_an_address_goes_to_the_first_list_that_has_it() -> None:
    message = read(
        to=["a@b.example", "A@B.example"],
        cc=["c@b.example", "a@b.example"],
        bcc=["C@b.example", "d@b.example"],
    )

    found = destinations(message.to, message.cc, message.bcc)

    assert [(one.kind, one.address.email) for one in found] == [
        ("to", "a@b.example"),
        ("cc", "c@b.example"),
        ("bcc", "d@b.example"),
    ]


def test_labels_are_kept_once_in_their_order() -> None:
    assert read(labels=["b", "a", "b"]).labels == ("b", "a")


def test_a_file_name_is_made_safe() -> None:
    message = read(attachments=file(name="../../etc/passwd.txt"))

    assert message.attachments[0].name == "passwd.txt"


def test_a_reply_has_no_list_of_its_own_to_go_to() -> None:
    with pytest.raises(Problem) as caught:
        parse(NewReply, "application/json", b'{"text": "x", "to": ["a@b.example"], "subject": "x"}')

    assert {one.path for one in caught.value.errors} == {"to", "subject"}
