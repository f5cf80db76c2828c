"""The operators of `query=`, on messages and on threads."""

from datetime import datetime
from typing import Final

import httpx
import pytest
import sqlalchemy as sa

from common import ids
from tests.integration.api.finding import Find, all_can_be_found, filled, finder, subjects
from tests.integration.api.mailing import Box, accepted, box, code, received
from tests.integration.api.serving import Organization


@pytest.fixture
def shop(client: httpx.Client, engine: sa.Engine, owner: Organization) -> Box:
    return filled(client, engine, owner)


@pytest.fixture
def find(shop: Box) -> Find:
    return finder(shop)


ALL = {"Your order", "Offer", "Question", "Away"}


FOUND: Final[dict[str, set[str]]] = {
    "order": {"Your order", "Offer", "Question"},
    "from:jane": {"Question"},
    "jane": {"Question", "Offer"},
    "from:tea": {"Your order", "Offer"},
    "from:max@buyer.example": {"Away"},
    'from:"Max Doe"': {"Away"},
    'from:"Max Doe <max@buyer.example>"': {"Away"},
    'from:"Example Max"': set(),
    'from:"Max Do"': set(),
    "from:max from:jane": set(),
    "to:jane": {"Your order"},
    "to:max": {"Offer"},
    "to:ann@copy.example": {"Offer"},
    "to:secret": {"Offer"},
    'to:"Ann Lee" to:max': {"Offer"},
    'to:"example ann"': set(),
    "to:orders@mail.test": {"Question", "Away"},
    "subject:order": {"Your order"},
    "SUBJECT:ORD": {"Your order"},
    'subject:"your order"': {"Your order"},
    'subject:"ord"': set(),
    "label:orders": {"Your order"},
    'label:"Big One"': {"Your order"},
    'label:orders label:"Big One"': {"Your order"},
    "label:orders label:new": set(),
    "label:order": set(),
    "label:ORDERS": set(),
    "has:attachment": {"Your order"},
    "is:received": {"Question", "Away"},
    "is:sent": {"Your order", "Offer"},
    "is:automatic": {"Away"},
    "is:queued": {"Your order", "Offer"},
    "is:queued is:delivered": set(),
    "is:bounced": set(),
    "is:received is:sent": set(),
    "is:received order": {"Question"},
    "is:queued order label:orders": {"Your order"},
    "after:2020-01-01": ALL,
    "before:2020-01-01": set(),
    "after:2020-01-01 order is:received": {"Question"},
    "before:2020-01-01T00:00:00Z order": set(),
    '"your order"': {"Your order", "Offer"},
    '"order your"': set(),
    '"your order" teapot': {"Your order"},
    '"your order" is:queued label:orders': {"Your order"},
    '"your order" from:jane': set(),
    '"teapot"': set(),
    '"teapots"': {"Your order"},
    '"order two"': set(),
    "is:sent %": {"Your order", "Offer"},
    "re: order": set(),
    "http://order": set(),
    "-from:jane": set(),
    '""': set(),
}


def test_a_query_finds(find: Find) -> None:
    assert {query: find(query) for query in FOUND} == FOUND


def test_a_query_and_the_parameters_beside_it_are_taken_together(shop: Box) -> None:
    assert shop.subjects(query="order", label="new") == ["Question"]
    assert shop.subjects(query="label:new", label="orders") == []
    assert shop.subjects(query="is:sent", status="queued", after="2020-01-01T00:00:00Z") == [
        "Offer",
        "Your order",
    ]
    assert shop.subjects(query="after:2020-01-01", before="2020-01-01T00:00:00Z") == []
    assert shop.subjects(query="%", label="new") == []


REFUSED: Final = (
    *["before:yesterday", "after:2026-13-01", "is:purple", "has:teapot", "from:", "label:"],
    *["from:%", 'from:"Jane', "to: jane", f"label:{'x' * 101}"],
    " ".join(f'"a {at}"' for at in range(21)),
)


@pytest.mark.parametrize("part", ["messages", "threads"])
def test_what_cannot_be_asked_is_refused_and_the_reason_told(
    client: httpx.Client, part: str
) -> None:
    shop = box(client)
    for query in REFUSED:
        answer = client.get(f"{shop.path}/{part}", params={"query": query})

        assert code(answer) == (422, "validation_failed"), query
        [error] = answer.json()["errors"]
        assert error["path"] == "query"
        begins = query.partition(":")[0] if ":" in query else "At most 20"
        assert error["message"].startswith(begins), query


def test_a_label_is_found_as_soon_as_it_is_there(shop: Box, find: Find) -> None:
    [message] = shop.found(query="subject:question")

    shop.client.patch(
        f"{shop.path}/messages/{message['id']}", json={"labels": {"add": ["x"], "remove": ["new"]}}
    )

    assert find("label:x") == {"Question"}
    assert find("label:new") == set()


def test_a_thread_is_found_if_one_of_its_messages_is_all_that_is_asked(
    shop: Box, engine: sa.Engine
) -> None:
    [first] = shop.found(query="subject:your")
    accepted(shop.reply(first["id"], text="Thanks, Jane", labels=["done"]))
    all_can_be_found(engine)

    def found(query: str) -> list[str]:
        return subjects(shop.client.get(f"{shop.path}/threads", params={"query": query}).json())

    assert found("thanks label:done") == ["Your order"]
    assert found('"thanks jane"') == ["Your order"]
    assert found("label:orders label:done") == []
    assert found("teapots label:done") == []
    assert found('"two teapots" label:done') == []


def test_a_message_that_came_in_on_a_day_is_found_by_that_day(
    shop: Box, engine: sa.Engine, owner: Organization
) -> None:
    for number, at in enumerate(("2020-01-01T23:59:59Z", "2020-01-02T12:00:00Z")):
        arrived(engine, owner, shop, f"day {number + 1}", at)

    assert shop.subjects(query="before:2020-01-02") == ["day 1"]
    assert shop.subjects(query="after:2020-01-02 before:2020-01-03") == ["day 2"]
    assert shop.subjects(query="before:2020-01-02T00:00:00+01:00") == []
    assert len(shop.subjects(query="after:2020-01-02")) == 5


def arrived(engine: sa.Engine, owner: Organization, shop: Box, subject: str, at: str) -> None:
    """A message of long ago, as its id says too."""
    moment = datetime.fromisoformat(at)
    received(
        engine,
        owner.id,
        shop,
        id=ids.first_at(moment.timestamp()),
        created_at=moment,
        subject=subject,
    )
