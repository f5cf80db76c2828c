"""Which inboxes an envelope means."""

from uuid import UUID

import pytest

from common import ids
from services.inbound.recipients import Place, matched, spellings

ORDERS, TAGGED = ids.new(), ids.new()
OWNER = ids.new()
KNOWN: dict[str, tuple[UUID, UUID]] = {
    "orders@shop.example": (ORDERS, OWNER),
    "vip+orders@shop.example": (TAGGED, OWNER),
}


@pytest.mark.parametrize(
    ("email", "meant"),
    [
        ("orders@shop.example", ["orders@shop.example"]),
        ("Orders@Shop.Example", ["orders@shop.example"]),
        ("orders+4711@shop.example", ["orders+4711@shop.example", "orders@shop.example"]),
        ("orders+a+b@shop.example", ["orders+a+b@shop.example", "orders@shop.example"]),
        ("+orders@shop.example", ["+orders@shop.example"]),
        ("no address", ["no address"]),
        ("", [""]),
    ],
)
def test_how_the_inbox_may_be_called(email: str, meant: list[str]) -> None:
    assert spellings(email) == meant


def test_an_inbox_whose_own_address_has_a_tag_comes_first() -> None:
    assert matched(["VIP+orders@shop.example"], KNOWN) == [
        Place(TAGGED, OWNER, "VIP+orders@shop.example")
    ]


def test_an_inbox_that_is_meant_twice_has_the_mail_once() -> None:
    found = matched(["orders+a@shop.example", "ORDERS@shop.example"], KNOWN)

    assert found == [Place(ORDERS, OWNER, "orders+a@shop.example")]


def test_who_is_nobody_here_is_passed_over() -> None:
    assert matched(["jane@elsewhere.example", "vip@shop.example"], KNOWN) == []
