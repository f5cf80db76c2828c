"""The little that the double reads of a received mail, which may be anything."""

import re

import pytest

from deploy.local.aws.ses.receiving.incoming import (
    UNKNOWN_SENDER,
    addresses,
    author,
    is_address,
    new_id,
    stranger,
)

RECORDED_IDS = [
    "nrk5vlqu9usuh476ffj0j3is23okmot9h029da01",
    "0vfh5uual2mmckaeivd120n0eiatleuo9k79p8g1",
    "0djjbjnln9enbpi8tn5l6i5sidp14n2m8iagee81",
    "5hb2bs1g6m0qnbsmk3m0csgl4j2osbk1gg3pbao1",
]
ID = re.compile(r"[0-9a-v]{38}[08go]1")


def test_ids_look_like_those_of_real_received_mail() -> None:
    made = [new_id() for _ in range(100)]

    assert all(ID.fullmatch(one) for one in [*RECORDED_IDS, *made])
    assert len(set(made)) == 100


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("ada@example.com", ["ada@example.com"]),
        ("Ada <ada@example.com>, b@example.com", ["ada@example.com", "b@example.com"]),
        ('"Lovelace, Ada" <ada@example.com>', ["ada@example.com"]),
        ("Ada <with <brackets> <ada@example.com>", ["ada@example.com"]),
        ("undisclosed-recipients:;", []),
        ("=?utf-8?q?Ad=C3=A1?= <ada@example.com>", ["ada@example.com"]),
        ("<ada@example.com\r\nBcc: x@example.com>", []),
        ("jörg@example.com", []),
        ("", []),
    ],
)
def test_addresses_are_taken_from_a_header_without_a_parser(value: str, found: list[str]) -> None:
    assert addresses(value) == found


@pytest.mark.parametrize(
    "value",
    ["(" * 200_000, "<" * 200_000, "@" * 200_000, '"' * 200_000, "a@" * 100_000, "a,<" * 100_000],
)
def test_a_hostile_header_has_no_address_and_takes_no_time(value: str) -> None:
    assert addresses(value) == []


@pytest.mark.parametrize(
    "text", ["a@example.com", "a+b@example.com", "a@[192.0.2.1]", '"a@b"@c.de']
)
def test_an_address_may_have_what_smtp_allows(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "a", "@example.com", "a@", "a b@example.com", "a@example.com\n"),
        *("<a@example.com>", "a@example.com" + "x" * 320),
    ],
)
def test_what_would_break_a_header_is_no_address(text: str) -> None:
    assert not is_address(text)


def test_a_mail_without_an_author_is_from_nobody() -> None:
    assert author((("From", "Ada"),)) == UNKNOWN_SENDER
    assert author(()) == UNKNOWN_SENDER


def test_the_server_is_one_of_the_senders_domain_or_of_the_authors() -> None:
    headers = (("From", "Ada <ada@Example.com>"),)

    assert stranger("bounce@list.example.org", headers).name == "mail.list.example.org"
    assert stranger("", headers).name == "mail.example.com"
