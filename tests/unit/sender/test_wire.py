"""What SES is asked for: whatever the mail's pieces, SES has the mail, and we have it once."""

import json
from base64 import b64decode
from collections import deque
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies as st

from services.sender import wire
from services.sender.compose import Attachment, compose
from tests.held import peak
from tests.unit.sender.compose_mails import mail
from tests.unit.sender.ses_server import ENVELOPE

MEGABYTE = 1_000_000
LARGE = bytes(range(251)) * 5_000  # above what goes as one piece


def sent(cut: list[bytes]) -> bytes:
    """The mail that SES reads in a request for a mail in these pieces."""
    body = wire.body(replace(ENVELOPE, mime=cut), (), "postroom")
    read, again = b"".join(body), b"".join(body)
    assert read == again  # what is sent is what was signed
    return b64decode(json.loads(read)["Content"]["Raw"]["Data"], validate=True)


@pytest.mark.parametrize("size", [0, 1, 1_048_576, 1_048_577, len(LARGE)])
def test_ses_gets_a_mail_of_any_length(size: int) -> None:
    mime = LARGE[:size]

    assert sent([mime[:1000], mime[1000:]]) == mime


@settings(max_examples=20)
@given(st.lists(st.integers(0, 12), max_size=5))
def test_ses_gets_the_mail_however_it_is_cut(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(LARGE)]

    assert sent([LARGE[start:end] for start, end in pairwise(places)]) == LARGE


def test_a_small_request_is_one_piece() -> None:
    """Each one is a packet of its own."""
    assert len(list(wire.body(ENVELOPE, (), "postroom"))) == 1


def test_a_large_mail_is_held_once() -> None:
    """The file that it is made of, by then, is not any more."""
    large = mail(attachments=(Attachment("a", "image/png", bytes(10 * MEGABYTE)),))
    size = sum(map(len, compose(large)))

    composed = peak(lambda: compose(large))
    mime = compose(large)
    body = wire.body(replace(ENVELOPE, mime=mime), (), "postroom")
    read = peak(lambda: deque(body, 0))

    assert composed < size + 3 * MEGABYTE
    assert read < 5 * MEGABYTE
