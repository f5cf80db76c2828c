"""parse: whatever bytes there are, they make a mail, which goes through the pipe unchanged."""

import io

import orjson
from hypothesis import given, strategies as st

from services.inbound.parsing.mail import Mail
from services.inbound.parsing.parse import UNREADABLE, parse
from services.inbound.parsing.wire import decode
from tests import odd_mail

CORPUS = list(odd_mail.everything().values())
PIECES = [
    b"--b", b"\r\n", b"\n", b"\r", b":", b"=?utf-8?q?", b"?=", b"(", b'"', b"<", b">", b";", b"\0",
    b"\xff", b"Content-Type: multipart/mixed; boundary=b\n\n", b"Content-Type: message/rfc822\n\n",
    b"Content-Transfer-Encoding: base64\n", b"filename*0*=utf-8''%", b"On a, b@c wrote:\n> ", b"--",
]  # fmt: skip


def sent_through_the_pipe(mail: Mail) -> Mail:
    json = orjson.dumps(mail, default=len)
    contents = io.BytesIO(b"".join(file.content for file in mail.files))
    return decode(json, contents.read, 1 << 30)


def check(raw: bytes) -> None:
    mail = parse(raw)

    assert mail.error != UNREADABLE
    assert sent_through_the_pipe(mail) == mail


@given(st.binary(max_size=2000))
def test_any_bytes(raw: bytes) -> None:
    check(raw)


@given(st.lists(st.sampled_from(PIECES), max_size=60))
def test_any_pieces_of_mail(pieces: list[bytes]) -> None:
    check(b"".join(pieces))


@given(
    st.sampled_from(CORPUS),
    st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 40), st.sampled_from(PIECES) | st.binary()),
        max_size=12,
    ),
)
def test_any_change_of_real_mail(raw: bytes, changes: list[tuple[float, int, bytes]]) -> None:
    for place, removed, put in changes:
        at = int(place * len(raw))
        raw = raw[:at] + put + raw[at + removed :]
    check(raw)
