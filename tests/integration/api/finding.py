"""Mail that can be found, and the walk through a list's pages."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import sqlalchemy as sa

from tests.integration.api.mailing import Body, Box, box, count, received
from tests.integration.api.serving import Organization
from tests.waiting import eventually

WAITING = "search WHERE document IS NULL"
FILE = {"name": "a.txt", "content": b64encode(b"tea").decode()}
Find = Callable[[str], set[str]]


def all_can_be_found(engine: sa.Engine) -> None:
    """What has been sent and received by now."""
    eventually(lambda: not count(engine, WAITING))


def pages(shop: Box, part: str = "messages", **query: Any) -> Iterator[list[Body]]:
    """Each page of a list, by the `Link` of the one before."""
    url = str(httpx.URL(f"{shop.path}/{part}", params=query))
    while url:
        page = shop.client.get(url)
        assert page.status_code == 200, page.text
        yield page.json()
        url = page.links.get("next", {}).get("url", "")


def subjects(listed: list[Body]) -> list[str]:
    return [one["subject"] for one in listed]


def filled(client: httpx.Client, engine: sa.Engine, owner: Organization) -> Box:
    """An inbox with four messages: two that were sent, two that came in."""
    shop = box(client, email="orders@mail.test", name="Tea Shop")
    shop.send(
        subject="Your order", text="Two teapots", labels=["orders", "Big One"], attachments=[FILE]
    )
    shop.send(
        subject="Offer",
        text="Jane has had your order",
        to=["Max Doe <max@buyer.example>"],
        cc=["Ann Lee <ann@copy.example>"],
        bcc=["secret@blind.example"],
    )
    received(engine, owner.id, shop, subject="Question", text="Where is my order?", labels=["new"])
    received(
        engine,
        owner.id,
        shop,
        subject="Away",
        text="Back on Monday",
        from_name="Max Doe",
        from_email="max@buyer.example",
        internet_message_id="<2@customer.example>",
        automatic=True,
    )
    all_can_be_found(engine)
    return shop


def finder(shop: Box) -> Find:
    """The subjects that a query finds; threads of one message each are found by the same."""

    def found(query: str) -> set[str]:
        listed = {
            part: subjects(shop.client.get(f"{shop.path}/{part}", params={"query": query}).json())
            for part in ("messages", "threads")
        }
        assert sorted(listed["messages"]) == sorted(listed["threads"])
        return set(listed["messages"])

    return found
