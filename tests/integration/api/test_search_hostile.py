"""A query is no way into the database, or into what is another's; nor is a mail."""

import httpx
import pytest
import sqlalchemy as sa

from tests.integration.api.finding import FILE, Find, all_can_be_found, filled, finder
from tests.integration.api.mailing import Box, box, code, count
from tests.integration.api.serving import ClientOf, MakeOrganization, Organization


@pytest.fixture
def shop(client: httpx.Client, engine: sa.Engine, owner: Organization) -> Box:
    return filled(client, engine, owner)


@pytest.fixture
def find(shop: Box) -> Find:
    return finder(shop)


INJECTIONS = ["';DROP TABLE message;--", "' OR '1'='1", "{}", "%", "a' & 'b", "x') OR true --"]
INJECTIONS += [
    ":*",
    "\\'",
    "$$",
    "{a,b}",
    '{"a"}',
    "NULL",
    "*",
    "_",
    "a:*&!b",
    "f:jane",
    "i:received",
]


def test_no_value_is_syntax(shop: Box, engine: sa.Engine) -> None:
    before = count(engine, "message")
    for injected in INJECTIONS:
        for name in ("from", "to", "subject", "label", "has", "is", "before", "after"):
            for value in (injected, f'"{injected.replace(chr(34), "")}"'):
                assert_nothing_is_found(shop, f"{name}:{value} nowhere")
        assert shop.found(label=injected) == []
    assert count(engine, "message") == before


def assert_nothing_is_found(shop: Box, query: str) -> None:
    for part in ("messages", "threads"):
        answer = shop.client.get(f"{shop.path}/{part}", params={"query": query})

        assert answer.status_code in {200, 422}, (query, answer.text)
        assert answer.status_code == 422 or answer.json() == []


def test_a_mail_cannot_pretend_to_be_what_it_is_not(
    shop: Box, engine: sa.Engine, find: Find
) -> None:
    """The marks of the index are no words, whoever writes them into a mail."""
    shop.send(subject="i:received f:max", text="i:automatic 'i:attachment' t:ann i\uff1areceived")
    all_can_be_found(engine)

    for query in ("is:received", "is:automatic", "has:attachment", "from:max", "to:ann"):
        assert "i:received f:max" not in find(query)
    assert find("i:received") == {"i:received f:max"}


def test_nothing_of_another_organization_or_inbox_is_found(
    shop: Box, client_of: ClientOf, organization: MakeOrganization, engine: sa.Engine
) -> None:
    theirs = box(client_of(organization("other").key))
    other = box(shop.client)
    for one in (theirs, other):
        one.send(subject="Your order", text="Two teapots", labels=["orders"], attachments=[FILE])
    all_can_be_found(engine)

    for query in ("order", '"your order"', "label:orders", "has:attachment", "to:jane", "is:sent"):
        for inbox in (theirs, other):
            found = inbox.found(query=query)
            assert [one["inboxId"] for one in found] == [inbox.id], query
            threads = inbox.client.get(f"{inbox.path}/threads", params={"query": query}).json()
            assert [one["inboxId"] for one in threads] == [inbox.id], query
        listed = theirs.client.get(f"{shop.path}/messages", params={"query": query})
        assert code(listed) == (404, "inbox_not_found")
