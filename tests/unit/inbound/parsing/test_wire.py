"""decode: of a child that a mail has taken over only a mail is believed."""

import io

import orjson
import pytest

from services.inbound.parsing.mail import File, Mail
from services.inbound.parsing.wire import WireError, decode

FILE = File("a.txt", "text/plain", None, None, False, b"abc")
MAIL = Mail(subject="hello", files=(FILE,))


def answer(**changed: object) -> bytes:
    return orjson.dumps(orjson.loads(orjson.dumps(MAIL, default=len)) | changed)


def files(*sizes: object) -> list[object]:
    (file,) = orjson.loads(answer())["files"]
    return [file | {"content": size} for size in sizes]


def read(json: bytes) -> Mail:
    return decode(json, io.BytesIO(b"abc").read, 3)


def test_a_mail_comes_as_it_was() -> None:
    assert read(answer()) == MAIL


@pytest.mark.parametrize("text", ["\\u0000", "\\\\u0000", "\u2028", "\x01"])
def test_text_that_looks_like_an_escape_is_text(text: str) -> None:
    assert read(answer(text=text)).text == text


@pytest.mark.parametrize(
    "json",
    [
        b"",
        b"[]",
        b"{}",
        b"\x80\x04\x95",  # a pickle
        answer(subject=7),
        answer(from_="jo@example.com"),
        answer(to=[{"email": None, "name": ""}]),
        answer(text="a\0b"),
        answer(text="a\\\0b"),
        answer(files=[{"content": 3}]),
        answer(files=files(-1)),
        answer(files=files(4)),
        answer(files=files("3")),
        answer(files=files(True)),
        answer(files=files(2, 2)),
        answer(files="abc"),
        b'{"subject": "\\ud800", "files": []}',
    ],
)
def test_anything_else_is_refused(json: bytes) -> None:
    with pytest.raises(WireError):
        read(json)
