"""Whatever a caller types: it is refused, or the mail has the fields that we meant and no more.

Each wild text goes into one place at a time, so that the other places do not get it refused.
"""

import re
from email.utils import getaddresses

import pytest
from hypothesis import given, strategies as st

from common.addresses import Address, AddressError, parse_address
from common.headers import (
    HeaderError,
    check_header_name,
    check_header_value,
    check_text,
)
from services.sender.compose import Attachment, ComposeError, Outgoing
from tests.unit.sender.compose_mails import (
    FIELDS,
    PLAIN,
    compose,
    hostile,
    mail,
    read_legacy,
    read_modern,
    unfolded,
)

PART = ["Content-Type", "Content-Transfer-Encoding"]
FILE = [*PART, "Content-Disposition"]


def written(changed: Outgoing) -> bytes | None:
    try:
        raw = compose(changed)
    except ComposeError:
        return None
    assert raw.isascii()
    assert b"\0" not in raw
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", raw)
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    return raw


def assert_fields(raw: bytes, fields: list[str], *parts: list[str]) -> None:
    """Both readers see these fields, these parts with these fields, and nothing to complain of."""
    for message in (read_modern(raw), read_legacy(raw)):
        assert [fields, *parts] == [part.keys() for part in message.walk()]
        assert not [defect for part in message.walk() for defect in part.defects]
        to = [unfolded(str(value)) for value in message.get_all("To", [])]
        assert [each.email for each in PLAIN.to] == [address for _, address in getaddresses(to)]


def assert_fields_of_plain(raw: bytes) -> None:
    assert_fields(raw, FIELDS)


@given(hostile)
def test_a_subject_brings_no_field(subject: str) -> None:
    if raw := written(mail(subject=subject)):
        assert_fields_of_plain(raw)


@given(hostile)
def test_a_display_name_brings_no_field_and_no_recipient(name: str) -> None:
    for changes in (
        {"from_": Address(PLAIN.from_.email, name)},
        {"to": (Address(PLAIN.to[0].email, name),)},
    ):
        if raw := written(mail(**changes)):
            assert_fields_of_plain(raw)
            read = read_modern(raw)
            assert PLAIN.from_.email == read["From"].addresses[0].addr_spec
            assert [PLAIN.to[0].email] == [each.addr_spec for each in read["To"].addresses]


@given(hostile, hostile)
def test_two_display_names_together_bring_no_recipient(one: str, other: str) -> None:
    """The beginning of an encoded word in one name, its end in the next."""
    if raw := written(mail(cc=(Address("a@b.example", one), Address("c@d.example", other)))):
        assert_fields(raw, [*FIELDS[:2], "Cc", *FIELDS[2:]])
        read = read_modern(raw)
        assert [each.addr_spec for each in read["Cc"].addresses] == ["a@b.example", "c@d.example"]


@given(hostile, hostile)
def test_an_address_brings_no_recipient(local: str, domain: str) -> None:
    address = f"{local}@{domain}.example"

    if raw := written(mail(reply_to=(Address(address), Address("c?=@d.example")))):
        assert_fields(raw, [*FIELDS[:2], "Reply-To", *FIELDS[2:]])
        read = read_modern(raw)
        assert [address, "c?=@d.example"] == [each.addr_spec for each in read["Reply-To"].addresses]


@given(hostile)
def test_the_value_of_a_header_brings_no_field(value: str) -> None:
    if raw := written(mail(headers=(("X-Campaign", value),))):
        assert_fields(raw, [*FIELDS[:7], "X-Campaign", *FIELDS[7:]])


@given(hostile)
def test_the_name_of_a_header_brings_no_other_field(name: str) -> None:
    for each in (name, f"X{name}", f"X-{name}: x"):
        if raw := written(mail(headers=((each, "x"),))):
            assert_fields(raw, [*FIELDS[:7], each, *FIELDS[7:]])


@given(hostile, hostile)
def test_a_file_name_or_type_brings_no_field_and_no_part(name: str, content_type: str) -> None:
    raw = written(mail(attachments=(Attachment(name, content_type, b"x"),)))

    assert raw is not None
    assert_fields(raw, FIELDS[:-1], PART, FILE)


@given(hostile, hostile, st.binary())
def test_a_body_brings_no_field_and_no_part(text: str, html: str, content: bytes) -> None:
    file = Attachment("a.bin", "application/octet-stream", content)

    if raw := written(mail(text=text, html=html, attachments=(file,))):
        assert_fields(raw, FIELDS[:-1], ["Content-Type"], PART, PART, FILE)


@given(hostile, hostile)
def test_what_the_door_lets_in_is_always_written(name: str, value: str) -> None:
    """The checks of the API and those of compose agree: nothing accepted is lost later."""
    try:
        check_text(value)
    except HeaderError:
        with pytest.raises(ComposeError):
            compose(mail(subject=value))
    else:
        assert compose(mail(subject=value))
    try:
        header = (check_header_name(f"X-{name}"), check_header_value(value))
        address = parse_address(f'"{value}" <a@b.example>')
    except (HeaderError, AddressError):
        return
    assert compose(mail(headers=(header,), to=(address,), reply_to=(address, address)))
