"""Mail is found by its words, in subject, text and sender."""

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine

from common import ids
from common.models import Message, Recipient, Search, Thread
from common.settings import with_driver
from tests.e2e.customer import Json
from tests.e2e.library import INVOICE, ORDER, OTHER, WITHIN, Library, filled
from tests.e2e.local import Local
from tests.tenants import put
from tests.waiting import eventually


@pytest.fixture(scope="module")
def library(local: Local) -> Iterator[Library]:
    with filled(local) as library:
        yield library


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("order", {ORDER}),
        ("4711", {ORDER}),
        ("blue", {ORDER}),
        ("teapot", {ORDER, INVOICE}),
        ("TEAPOT", {ORDER, INVOICE}),
        ("teap", {ORDER, INVOICE}),
        ("eapot", set()),
        ("47", {ORDER}),
        ("711", set()),
        ("teapot invoice", {INVOICE}),
        ("invoice teapot", {INVOICE}),
        ("teapot nowhere", set()),
        ("order invoice", set()),
        ("strasse", {INVOICE}),
        ("STRAßE", {INVOICE}),
        ("O'Neil", {INVOICE}),
        ("100%", {ORDER}),
        ("件名", {OTHER}),
        ("本語", {OTHER}),
        ("GRÖSSER", {OTHER}),
        ("a_b", {OTHER}),
        ("zoë", {ORDER, INVOICE, OTHER}),
        ("quill teapot", {ORDER, INVOICE}),
    ],
)
def test_words_find(library: Library, query: str, found: set[str]) -> None:
    assert library.find(query) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('"teapot, blue"', {ORDER}),
        ('"blue teapot"', set()),
        ('"teap"', set()),
        ('subject:"your order"', {ORDER}),
        ("subject:teapot", set()),
        ("subject:invoice from:zoë", {INVOICE}),
        ("to:zoë", set()),
        ("is:sent teapot", {ORDER, INVOICE}),
        ("is:received", set()),
        ("has:attachment", set()),
        ("label:none teapot", set()),
        ("teapot after:2020-01-01", {ORDER, INVOICE}),
        ("teapot before:2020-01-01", set()),
    ],
)
def test_operators_narrow(library: Library, query: str, found: set[str]) -> None:
    assert library.find(query) == found


def test_an_operator_that_cannot_be_asked_is_refused(library: Library) -> None:
    status, problem = library.get("teapot%20before:yesterday")

    assert (status, problem["code"]) == (422, "validation_failed")
    assert [one["path"] for one in problem["errors"]] == ["query"]


@pytest.mark.parametrize("part", ["whole", "local", "domain", "brackets"])
def test_a_sender_is_found_by_the_parts_of_its_address(library: Library, part: str) -> None:
    email = str(library.inbox["email"])
    local, _, domain = email.partition("@")
    query = {"whole": email, "local": local, "domain": domain, "brackets": f"<{email}>"}[part]

    assert library.find(query) == {ORDER, INVOICE, OTHER}


def test_one_sender_of_many_is_found_by_whole_address_local_part_or_domain(
    local: Local, library: Library
) -> None:
    """Received mail, which has senders of all kinds, is put into the tables: no door of its own
    leads there yet.
    """
    inbox = library.owner.inbox(name="Received")
    ann = received(local, inbox, "ann.lee@customer.example")
    ben = received(local, inbox, "ben@other.example")

    def found(query: str) -> set[str]:
        return library.owner.search(inbox, query)

    eventually(lambda: found("hello") == {ann, ben}, WITHIN, "the received mail is found")
    assert [
        found(query) for query in ("ann.lee@customer.example", "ann.lee", "customer.example")
    ] == [{ann}] * 3
    assert found("example") == {ann, ben}
    assert found("ann.lee@other.example") == set()


def received(local: Local, inbox: Json, sender: str) -> str:
    """A mail that has arrived in the inbox; its id."""
    owner: Json = {
        "organization_id": ids.decode(ids.ORGANIZATION, inbox["organizationId"]),
        "inbox_id": ids.decode(ids.INBOX, inbox["id"]),
    }
    message_id = ids.new()
    thread = Thread(**owner, subject="Hello", last_message_id=message_id)
    message = Message(
        **owner,
        id=message_id,
        thread_id=thread.id,
        direction="inbound",
        from_email=sender,
        subject="Hello",
        text="Good day",
        status="received",
    )
    recipient = Recipient(
        message_id=message_id,
        position=0,
        organization_id=owner["organization_id"],
        kind="to",
        email=inbox["email"],
        status="received",
    )
    engine = create_engine(with_driver(local.database_url))
    put(engine, thread, message, recipient, Search(message_id=message_id, **owner))
    engine.dispose()
    return ids.encode(ids.MESSAGE, message_id)


def test_another_inbox_and_another_organization_are_never_searched(library: Library) -> None:
    """Both have a mail with these words, which is found there."""
    found = library.owner.search(library.inbox, "teapot 4711")

    assert found == {library.ids[ORDER]}


def test_threads_are_found_by_the_words_of_their_messages(library: Library) -> None:
    _, found = library.get("teapot%20invoice", "threads")

    assert [one["subject"] for one in found] == ["Invoice: Straße"]
