"""The tree of parts, with the standard library's parser as the oracle."""

import email
from email.message import Message
from typing import Any

import pytest

from services.inbound.parsing import caps
from services.inbound.parsing.structure import Part, read_structure
from tests import odd_mail

# Where ours is another tree on purpose.
SAME_BOUNDARY = {"msg_15", "msg_39", "boundary-same-twice"}
"""Inner and outer boundary are the same: the innermost is meant, and no file is lost in text."""
EMPTY_PARTS = {"msg_37"}
"""Boundaries one after the other: each begins a part."""
OTHER_DEFAULTS = {"content-type-broken", "content-type-twice"}
"""A part with a broken type is a file, not text."""
MAIL = {
    name: raw
    for name, raw in odd_mail.everything().items()
    if name not in SAME_BOUNDARY | EMPTY_PARTS | OTHER_DEFAULTS
}


def ours(part: Part) -> Any:
    if part.parts:
        return part.content_type, [ours(one) for one in part.parts]
    return part.content_type


def theirs(message: "Message[str, str]") -> Any:
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        parts = message.get_payload()
        assert isinstance(parts, list)
        inner = [one for one in parts if isinstance(one, Message)]
        return message.get_content_type(), [theirs(one) for one in inner]
    return message.get_content_type()


@pytest.mark.parametrize("name", MAIL)
def test_the_tree_is_that_of_the_standard_library(name: str) -> None:
    assert ours(read_structure(MAIL[name])) == theirs(email.message_from_bytes(MAIL[name]))


def test_an_inner_multipart_with_the_boundary_of_the_outer_is_told_apart() -> None:
    tree = ours(read_structure(odd_mail.own("boundary-same-twice")))

    inner = ("multipart/alternative", ["text/plain", "text/html"])
    assert tree == ("multipart/mixed", [inner, "image/png"])


def test_a_part_ends_before_the_line_end_of_its_boundary() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\n\r\n--b\n\ntwo\n--b--"
    )
    parts = read_structure(raw).parts

    assert [raw[part.start : part.end] for part in parts] == [b"one\r\n", b"two"]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_lines_end_as_they_like(line_end: bytes) -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n--b--\n"
    raw = raw.replace(b"\n", line_end)

    assert [raw[part.start : part.end] for part in read_structure(raw).parts] == [b"one", b"two"]


@pytest.mark.parametrize(("parts", "refused"), [(caps.PARTS, False), (caps.PARTS + 1, True)])
def test_the_cap_of_parts_is_exact(parts: int, refused: bool) -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * parts

    if refused:
        with pytest.raises(caps.BreachError):
            read_structure(raw)
    else:
        assert len(read_structure(raw).parts) == parts
