"""The subject of a reply."""

import pytest
from hypothesis import given, strategies as st

from common.headers import MAX_TEXT, check_text
from services.api.reply import subject


@pytest.mark.parametrize(
    "marked",
    [
        *("Hello", "Re: Hello", "RE: Hello", "re:Hello", "Re: Re: Hello", "Re: AW: SV: Hello"),
        *("Re[2]: Hello", "Re(3): Hello", "Re^4: Hello", "RE : Hello", " Re:  Hello "),
        *("Antw: Hello", "Vs: Hello", "RIF: Hello", "R: Hello", "Ref: Hello", "Odp: Hello"),
        *("YNT: Hello", "RES: Hello", "Bls: Hello", "Vá: Hello", "Отв: Hello", "ΑΠ: Hello"),
        *("回复：Hello", "答复: Hello", "回覆: Hello", "返信: Hello", "회신: Hello"),  # noqa: RUF001
    ],
)
def test_the_subject_has_one_mark_whatever_it_had(marked: str) -> None:
    assert subject(marked) == "Re: Hello"


def test_a_mark_of_forwarding_stays() -> None:
    assert subject("Fwd: Re: Hello") == "Re: Fwd: Re: Hello"
    assert subject("Re: Fwd: Hello") == "Re: Fwd: Hello"


def test_words_that_begin_like_a_mark_stay() -> None:
    assert subject("Regarding: you") == "Re: Regarding: you"
    assert subject("React") == "Re: React"


def test_a_mailing_list_tag_stays_and_the_mark_behind_it_goes() -> None:
    assert subject("[list] Re: Hello") == "Re: [list] Hello"
    assert subject("Re: [list] Re: Hello") == "Re: [list] Hello"
    assert subject("[list] Hello") == "Re: [list] Hello"


def test_no_subject_is_answered_with_the_mark_alone() -> None:
    assert subject("") == "Re:"
    assert subject("Re:") == "Re:"


def test_a_long_subject_is_cut_to_what_a_header_takes() -> None:
    assert subject("x" * 5000) == f"Re: {'x' * (MAX_TEXT - 4)}"


def test_a_very_long_chain_of_marks_is_read_in_linear_time() -> None:
    assert subject("Re: " * 300_000).startswith("Re:")
    assert subject("[" * 300_000).startswith("Re: [")


@given(st.text())
def test_any_subject_gives_one_that_can_be_sent(text: str) -> None:
    assert check_text(subject(text)).startswith("Re:")


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=80))
def test_a_reply_to_a_reply_has_the_same_subject(text: str) -> None:
    assert subject(subject(text)) == subject(text)
