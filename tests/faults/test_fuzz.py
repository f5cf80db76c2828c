"""The fuzz of received mail, for a moment: it finds nothing, and it would find something."""

import random

import pytest

from services.inbound.parsing import children
from services.inbound.parsing.mail import Mail
from services.inbound.parsing.parse import UNREADABLE
from tests import odd_mail
from tests.faults import fuzz


def test_nothing_is_found() -> None:
    said: list[str] = []

    assert fuzz.run(3, 7, said.append) == 0
    assert said[0].startswith("mails ")


def test_a_fault_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    unread = Mail(error=UNREADABLE)
    monkeypatch.setattr(children.Children, "parse", lambda _, raw: raw and unread)

    assert fuzz.run(3, 7, said.append) == 1
    assert "BROKEN" in said[1]


def test_a_seed_makes_the_same_mail() -> None:
    corpus = list(odd_mail.everything().values())
    made = [fuzz.changed(random.Random(seed), corpus) for seed in (1, 1, 2)]  # noqa: S311

    assert made[0] == made[1] != made[2]
