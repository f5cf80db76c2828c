"""`extracted_text`: the new part, and never half of it."""

import time

import pytest

from services.inbound.parsing.extract import extracted_text
from services.inbound.parsing.parse import parse
from tests import odd_mail


@pytest.mark.parametrize(
    ("name", "new"),
    [
        ("reply-gmail", "Sounds good.\n\n- one\n- two"),
        ("reply-gmail-html", "Sounds good."),
        ("reply-outlook", "Fine with me."),
        ("reply-outlook-german", "Passt mir."),
        ("reply-apple", "Yes!"),
        ("reply-french", "Oui, volontiers."),
        ("reply-spanish", "Claro."),
        ("reply-japanese", "承知しました。"),
        ("reply-chinese", "好的"),
        ("reply-portuguese", "Sim."),
        ("reply-inline", "Yes.\n\nRather at one."),
        ("reply-quote-only", ""),
        (
            "reply-new-text",
            "Take a look at this.\nThanks, that works for me.\nBest, as always, is the blue one.",
        ),
        ("forward-inline", "For you."),
        ("format-flowed", "One paragraph that is broken.\nFrom here."),
        ("html-only", "Hello Kim,\n\none\ntwo"),
        ("html-meta-charset", "Привет"),
        ("newsletter", "Deal"),
        ("empty", None),
        ("smime-opaque", None),
    ],
)
def test_what_is_new(name: str, new: str | None) -> None:
    assert parse(odd_mail.own(name)).extracted_text == new


def test_pgp_armour_is_not_taken_for_a_quote() -> None:
    mail = parse(odd_mail.own("pgp-inline"))

    assert mail.extracted_text == (mail.text or "").strip()


@pytest.mark.parametrize(
    "text",
    [
        "Two headers are not quoted:\nFrom: here one goes on foot, then by train",
        "Thanks",
        "Hello\n-- not a signature\nbye",
        "On Monday we meet:\n- you\n- me",
        "To do: nothing",
    ],
)
def test_what_only_looks_like_a_quote_stays(text: str) -> None:
    assert extracted_text(text, None) == text


def test_an_answer_on_top_of_a_long_quote() -> None:
    quote = "> a line of what was written before\n" * 10_000

    assert extracted_text(f"Yes.\n\nOn Mon, 2 Nov 2026, Kim <k@x> wrote:\n{quote}", None) == "Yes."


def test_of_a_long_text_without_a_quote_nothing_is_told() -> None:
    assert extracted_text("a line\n" * 10_000, None) is None


def test_what_takes_too_long_is_left_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.inbound.parsing.extract._CPU_SECONDS", 0.02)
    slow = ("On " + "a " * 200 + ":\n") * 120
    started = time.process_time()

    assert extracted_text(slow, None) is None
    assert time.process_time() - started < 1
