import hashlib

import pytest
from hypothesis import given, strategies as st

from common import ids
from services.api import keys


def test_a_key_is_as_documented() -> None:
    key = keys.generate()

    assert key.startswith("pr_")
    assert len(key) == 3 + 32 + 6
    assert key[3:].isalnum()
    assert key.isascii()


def test_no_two_keys_are_alike() -> None:
    assert len({keys.generate() for _ in range(100)}) == 100


def test_a_generated_key_is_well_formed() -> None:
    assert keys.is_well_formed(keys.generate())


@given(place=st.integers(3, 40), letter=st.sampled_from("0Az"))
def test_one_wrong_letter_is_noticed_without_the_database(place: int, letter: str) -> None:
    key = keys.generate()
    mistyped = key[:place] + letter + key[place + 1 :]

    assert (mistyped == key) == keys.is_well_formed(mistyped)


@pytest.mark.parametrize("text", ["", "pr_", "pr_" + "a" * 38, "pr_" + "é" * 38, "x" * 10_000])
def test_what_is_no_key_is_noticed(text: str) -> None:
    assert not keys.is_well_formed(text)


@given(st.text())
def test_any_text_is_judged_without_an_error(text: str) -> None:
    assert not keys.is_well_formed(text)


def test_only_the_hash_and_the_first_letters_are_kept() -> None:
    made = keys.make(ids.new(), "production")

    assert hashlib.sha256(made.text.encode()).digest() == made.row["hash"]
    assert made.text[:9] == made.row["prefix"]
    assert made.text not in repr(made.row)


def test_a_new_key_does_not_show_itself_in_a_log() -> None:
    made = keys.make(ids.new(), "production")

    assert made.text not in repr(made)
