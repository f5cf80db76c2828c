"""The parts of a written mail: their encodings, their types and what stands between them."""

import re

import pytest
from hypothesis import given, strategies as st

from services.sender.compose import Attachment
from services.sender.mime.parts import draw_boundary
from tests.unit.sender.compose_mails import compose, head, hostile, mail, shape


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("plain\n", "7bit"),
        ("", "7bit"),
        ("tabs\tand spaces \n.dot\nFrom me\n\n", "7bit"),
        ("y" * 998, "7bit"),
        ("y" * 999, "quoted-printable"),
        ("mostly ASCII, but ä\n", "quoted-printable"),
        ("a form feed \x0c and a NUL \0", "quoted-printable"),
        ("漢字漢字漢字", "base64"),
        ("\0" * 50, "base64"),
    ],
)
def test_a_body_gets_the_smallest_encoding_that_it_needs(text: str, encoding: str) -> None:
    raw = compose(mail(text=text))

    assert f"Content-Transfer-Encoding: {encoding}\r\n" in head(raw) + "\r\n"


@pytest.mark.parametrize("line_end", ["\n", "\r", "\r\n"])
def test_every_line_end_becomes_crlf_and_the_last_line_gets_one(line_end: str) -> None:
    body = compose(mail(text=f"a{line_end}{line_end}b")).partition(b"\r\n\r\n")[2]

    assert body == b"a\r\n\r\nb\r\n"


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("application/pdf", "application/pdf"),
        ("Image/PNG; name=x", "image/png"),
        ("application/vnd.ms-excel.sheet+xml", "application/vnd.ms-excel.sheet+xml"),
        ("", "application/octet-stream"),
        ("text", "application/octet-stream"),
        ("text/plain\r\nBcc: x@y.example", "application/octet-stream"),
        ("text/pl ain", "application/octet-stream"),
        ("text/=?utf-8?q?x?=", "application/octet-stream"),
        ("tëxt/plain", "application/octet-stream"),
        ("message/rfc822", "application/octet-stream"),
        ("message/delivery-status", "application/octet-stream"),
        ("multipart/mixed; boundary=x", "application/octet-stream"),
    ],
)
def test_only_a_safe_type_of_an_attachment_is_sent(typed: str, sent: str) -> None:
    raw = compose(mail(attachments=(Attachment("x", typed, b"From: a\r\n\r\nb"),)))

    assert ["multipart/mixed", "text/plain", sent] == shape(raw)


@given(st.lists(hostile, max_size=3), st.sampled_from(["", "a"]))
def test_a_boundary_stands_in_no_part(texts: list[str], last: str) -> None:
    files = tuple(Attachment(text, "text/plain", text.encode(errors="replace")) for text in texts)

    raw = compose(mail(text=last, html=last, attachments=files))

    parts = {b"alternative": 2, b"mixed": 1 + len(files)}
    for subtype, boundary in re.findall(rb'multipart/(\w+);\s+boundary="([^"]+)"', raw):
        found = [line for line in raw.split(b"\r\n") if boundary in line][1:]
        assert [b"--" + boundary] * parts[subtype] + [b"--" + boundary + b"--"] == found


def test_a_boundary_that_a_body_has_is_drawn_again() -> None:
    """As in a body that quotes the source of an older mail."""
    draws = iter(["=_old", "=_older", "=_new"])

    boundary = draw_boundary([b"--=_old\r\n", b"--=_older--\r\n"], lambda: next(draws))

    assert boundary == "=_new"


def test_two_mails_have_different_boundaries() -> None:
    one, other = compose(mail(html="<p>")), compose(mail(html="<p>"))

    assert one != other
