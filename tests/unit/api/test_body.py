"""A body is read once, asked for by several, and held once."""

import asyncio

import pytest
from starlette.requests import Request
from starlette.types import Message

from services.api.body import let_go, parse, read
from services.api.problems import Problem
from services.api.schemas.messages import NewMessage
from tests.held import peak

PIECES = 160
PIECE_BYTES = 1 << 16


def request() -> Request:
    """Its body comes as uvicorn brings a large one."""
    left = PIECES

    async def receive() -> Message:
        nonlocal left
        left -= 1
        assert left >= 0
        return {"type": "http.request", "body": bytes(PIECE_BYTES), "more_body": left > 0}

    return Request({"type": "http", "state": {}}, receive)


def test_who_asks_for_it_again_gets_it_again() -> None:
    async def twice() -> tuple[bytes, bytes]:
        asked = request()
        return await read(asked), await read(asked)

    first, second = asyncio.run(twice())

    assert first == bytes(PIECES * PIECE_BYTES)
    assert first is second


def test_it_is_held_once_while_it_comes() -> None:
    """With an eighth more, while it grows."""

    async def length() -> int:  # a result is written out by asyncio, in four times the letters
        return len(await read(request()))

    held = peak(lambda: asyncio.run(length()))

    assert held < PIECES * PIECE_BYTES * 1.25


def test_what_nobody_reads_any_more_is_not_held() -> None:
    async def let_it_go() -> Request:
        asked = request()
        await read(asked)
        let_go(asked)
        return asked

    assert "body" not in asyncio.run(let_it_go()).scope["state"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (rb"a\u0000b", "validation_failed"),
        (rb"\ud83d", "invalid_json"),
        (b"a\0b", "invalid_json"),
        (b"\xed\xa0\xbd", "invalid_json"),
    ],
)
def test_no_text_is_half_a_pair_or_holds_a_nul_however_it_is_written(
    text: bytes, code: str
) -> None:
    with pytest.raises(Problem) as refused:
        parse(NewMessage, "application/json", b'{"to": ["a@b.example"], "text": "%b"}' % text)

    assert refused.value.code == code


def test_an_escape_is_no_fault() -> None:
    body = rb'{"to": ["a@b.example"], "text": "\u00e9 \ud83d\ude00"}'

    assert parse(NewMessage, "application/json", body).text == "\u00e9 \U0001f600"
