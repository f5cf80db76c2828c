"""Hostile mail: refused before it is parsed, or parsed in no time; others go on meanwhile."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from services.inbound.parsing.children import Children
from tests import odd_mail
from tests.unit.inbound.parsing import bombs
from tests.unit.inbound.parsing.expense import parsed

SECONDS = 2
MEMORY = 300 << 20


@pytest.mark.parametrize("name", bombs.REFUSED)
def test_a_bomb_is_an_error_and_its_sender_is_told_all_the_same(name: str) -> None:
    words, make = bombs.REFUSED[name]
    expense = parsed([make()])
    (mail,) = expense.mails

    assert words in (mail.error or "")
    assert mail.from_ is not None
    assert mail.text is None
    assert expense.seconds < SECONDS
    assert expense.peak < MEMORY


@pytest.mark.parametrize("name", bombs.READ)
def test_what_is_within_the_caps_is_read_in_time(name: str) -> None:
    expense = parsed([bombs.READ[name]()])

    assert expense.mails[0].error is None
    assert expense.seconds < SECONDS
    assert expense.peak < MEMORY


def test_others_are_read_while_bombs_come_in() -> None:
    raws = [make() for _, make in bombs.REFUSED.values()]
    ordinary = odd_mail.own("reply-gmail")

    with Children(count=2, seconds=100) as children, ThreadPoolExecutor(4) as pool:
        attack = [pool.submit(children.parse, raw) for raw in raws if len(raw) < bombs.MIB]
        read = [pool.submit(children.parse, ordinary) for _ in range(50)]

        assert all(one.result().error for one in attack)
        assert {one.result().extracted_text for one in read} == {"Sounds good.\n\n- one\n- two"}
