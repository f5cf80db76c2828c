"""What the index of words is asked."""

from hypothesis import given, strategies as st

from services.api.lexemes import ANYWHERE, ATTACHMENT, FROM, RECEIVED, SUBJECT, TO, Term, tsqueries
from services.api.words import words


def plain(text: str) -> list[Term]:
    return [Term(word) for word in words(text)]


def narrowing(*terms: Term) -> str:
    return tsqueries(terms)[1]


def test_every_word_is_wanted_as_a_beginning() -> None:
    assert tsqueries(plain("Jane ord")) == ("'jane':* & 'ord':*", "'jane':* & 'ord':*")


def test_a_whole_word_is_wanted_as_it_is() -> None:
    assert tsqueries([Term("order", whole=True)])[0] == "'order'"


def test_a_word_of_a_field_bears_its_mark() -> None:
    asked = [Term("jane", FROM), Term("doe", TO, whole=True), Term("tea", SUBJECT)]

    assert tsqueries(asked)[0] == "':f:jane':* & ':t:doe' & ':s:tea':*"


def test_the_index_is_asked_for_the_longest_words_alone() -> None:
    assert narrowing(*plain("a bb ccc dddd eeeee")) == "'eeeee':* & 'dddd':* & 'ccc':*"
    assert (
        narrowing(*plain("three four seven eight"))
        == "'three':* & 'four':* & 'seven':* & 'eight':*"
    )
    assert narrowing(*plain("a bb")) == "'bb':*"


def test_what_the_index_is_asked_is_written_the_same_way_if_it_is_all() -> None:
    every, rarest = tsqueries([*plain("tea kettle"), RECEIVED])

    assert every == rarest


def test_a_short_word_narrows_if_it_is_whole() -> None:
    assert narrowing(Term("a"), Term("bb", whole=True)) == "'bb'"


def test_facts_narrow_whatever_else_is_asked() -> None:
    assert narrowing(Term("order"), RECEIVED, ATTACHMENT) == (
        "'order':* & ':i:received' & ':i:attachment'"
    )
    assert narrowing(Term("a"), RECEIVED) == "':i:received'"


@given(st.text(), st.sampled_from([ANYWHERE, FROM, TO, SUBJECT]), st.booleans())
def test_no_text_is_syntax(text: str, field: str, whole: bool) -> None:
    for word in words(text):
        every, rarest = tsqueries([Term(word, field, whole)])

        assert every == rarest == f"'{field}{word}'" + ("" if whole else ":*")
        assert every.count("'") == 2
        assert "\\" not in every


def test_no_word_and_no_beginning_of_one_is_taken_for_a_mark() -> None:
    """`f` must not find whoever has a sender."""
    for mark in (FROM, TO, SUBJECT, RECEIVED.field):
        assert words(mark[0]) == []
        assert all(not mark.startswith(word) for word in words(f"{mark}jane"))
