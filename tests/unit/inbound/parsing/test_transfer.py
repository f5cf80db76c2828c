"""What is decoded in pieces is what is decoded at once, and is held once."""

import base64
import binascii
import quopri
import re

import pytest
from hypothesis import given, settings, strategies as st

from services.inbound.parsing.parse import parse
from services.inbound.parsing.transfer import decode_base64, decode_quoted_printable
from tests.held import peak

PIECE = 1 << 20
MEGABYTE = 1_000_000
FILE = bytes(range(256)) * 40_000  # 10 MB
HEAD = b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: %b\r\n\r\n"

around = st.lists(
    st.sampled_from([b"=", b"==", b"=3D", b"=3", b"=\r\n", b"=\n", b"\r\n", b"\n", b"\r", b"= \n"])
    | st.binary(max_size=3),
    max_size=12,
).map(b"".join)


def at_once(data: bytes) -> bytes:
    digits = re.sub(rb"[^A-Za-z0-9+/=]", b"", data).partition(b"=")[0]
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    return binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))


@settings(max_examples=50)
@given(st.integers(0, 5), around, st.sampled_from([0, 8, 16]))
def test_a_cut_in_base64_is_not_seen(before: int, at_the_cut: bytes, off: int) -> None:
    """Wherever it is within four digits, and also where the padding or an odd byte is there."""
    data = b"x" * before + b"QUJD" * ((PIECE - off) // 4) + at_the_cut + b"QUJDRA" * 9 + b"y"

    assert decode_base64(data, before, len(data) - 1) == at_once(data[before:-1])


@settings(max_examples=50)
@given(st.sampled_from([b"a", b"a\n", b"=41=\r\n"]), around, st.integers(0, 16))
def test_a_cut_in_quoted_printable_is_not_seen(unit: bytes, at_the_cut: bytes, off: int) -> None:
    """Neither with lines, nor where all is one that never ends."""
    data = b"x" + unit * ((PIECE - off) // len(unit)) + at_the_cut + b"=41b\n=\nc=" + b"y"

    found = decode_quoted_printable(data, 1, len(data) - 1)

    assert found == binascii.a2b_qp(data[1:-1])


@pytest.mark.parametrize(
    ("encoding", "body"),
    [(b"base64", base64.encodebytes(FILE)), (b"quoted-printable", quopri.encodestring(FILE))],
)
def test_a_large_file_is_held_once(encoding: bytes, body: bytes) -> None:
    """Beside the mail, which is there before: with an eighth more, while it grows."""
    mail = HEAD % encoding + body

    assert peak(lambda: parse(mail)) < len(FILE) * 9 / 8 + 5 * MEGABYTE
    assert parse(mail).files[0].content == FILE
