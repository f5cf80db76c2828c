"""What a query asks, by what is typed."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given, strategies as st

from services.api import lexemes
from services.api.language import MOST_PHRASES, Phrase, Query, QueryError, parse, together
from services.api.lexemes import FROM, SUBJECT, TO, Term
from services.api.words import words

NAMES = ["from", "to", "subject", "label", "has", "is", "before", "after"]


def plain(*found: str) -> Query:
    return Query(terms=tuple(Term(word) for word in found))


def phrase(field: str, *found: str) -> Query:
    terms = tuple(Term(word, field, whole=True) for word in found)
    return Query(terms, (Phrase(field, found),))


def day(number: int, **time: int) -> datetime:
    return datetime(2026, 11, number, tzinfo=UTC) + timedelta(**time)


@pytest.mark.parametrize(
    ("text", "query"),
    [
        # words
        ("Jane ord", plain("jane", "ord")),
        ("order ORDER", plain("order")),
        ("", Query()),
        ("% & ' ! ()", Query()),
        # what only looks like an operator
        ("re: hello", plain("re", "hello")),
        ("http://x", plain("http", "x")),
        ("12:30", plain("12", "30")),
        ("froms:x", plain("froms", "x")),
        ("x-from:jane", plain("x", "from", "jane")),
        ("-from:jane", plain("from", "jane")),
        ("(from:jane)", plain("from", "jane")),
        ("from jane", plain("from", "jane")),
        ("\u017fubject:x", plain("subject", "x")),
        ("a&label:b", plain("a", "label", "b")),
        # one place
        ("from:jane", Query((Term("jane", FROM),))),
        ("From:jane", Query((Term("jane", FROM),))),
        ("from:a@b.c", Query(tuple(Term(word, FROM) for word in "abc"))),
        ("to:jane subject:tea", Query((Term("jane", TO), Term("tea", SUBJECT)))),
        ("from:a from:b", Query((Term("a", FROM), Term("b", FROM)))),
        ("subject:re: tea", Query((Term("re", SUBJECT), Term("tea")))),
        ("subject:from:x", Query((Term("from", SUBJECT), Term("x", SUBJECT)))),
        ("a\u3000from:b", Query((Term("a"), Term("b", FROM)))),
        # quoted
        ('"your order"', phrase("", "your", "order")),
        ('from:"Jane Doe"', phrase(FROM, "jane", "doe")),
        ('subject:"your order"', phrase(SUBJECT, "your", "order")),
        ('"order"', Query((Term("order", whole=True),))),
        ('from:"jane"', Query((Term("jane", FROM, whole=True),))),
        ('"from:jane"', phrase("", "from", "jane")),
        ('"a b"c', together([phrase("", "a", "b"), plain("c")])),
        (
            '"a b"from:c',
            Query((*phrase("", "a", "b").terms, Term("c", FROM)), (Phrase("", ("a", "b")),)),
        ),
        ('"" "%"', Query()),
        ('"tea pot', plain("tea", "pot")),
        ('tea" pot"', plain("tea", "pot")),
        ("5\" it's", plain("5", "it", "s")),
        # filters
        ("label:orders", Query(labels=("orders",))),
        ("label:Orders label:new", Query(labels=("Orders", "new"))),
        ('label:"to do"', Query(labels=("to do",))),
        ("label:%", Query(labels=("%",))),
        ("has:attachment", Query((lexemes.ATTACHMENT,))),
        ("is:received", Query((lexemes.RECEIVED,))),
        ("IS:Sent", Query((lexemes.SENT,))),
        ('is:"automatic"', Query((lexemes.AUTOMATIC,))),
        ("is:queued", Query(statuses=("queued",))),
        ("is:delivered is:bounced", Query(statuses=("delivered", "bounced"))),
        ("is:complained", Query(statuses=("complained",))),
        ("is:rejected", Query(statuses=("rejected",))),
        ("after:2026-11-25", Query(after=day(25))),
        ("before:2026-11-25", Query(before=day(25))),
        ("after:2026-11-25T10:30:00Z", Query(after=day(25, hours=10, minutes=30))),
        ("after:2026-11-25T10:00:00-02:00", Query(after=day(25, hours=12))),
        ('after:"2026-11-25T10:00:00 02:00"', Query(after=day(25, hours=8))),
        ("after:2026-11-25 after:2026-11-27", Query(after=day(27))),
        ("before:2026-11-25 before:2026-11-27", Query(before=day(25))),
        ("tea label:a", Query((Term("tea"),), labels=("a",))),
    ],
)
def test_what_is_typed_asks(text: str, query: Query) -> None:
    assert parse(text) == query


@pytest.mark.parametrize(
    "text",
    [
        *[f"{name}:" for name in NAMES],
        *[f"{name}: tea" for name in NAMES],
        *[f'{name}:""' for name in NAMES],
        *[f'{name}:"tea pot' for name in NAMES],
        *["from:%", "to:@", 'subject:"!"'],
        *["has:attachments", "has:label", "is:purple", "is:unread", "is:received,sent"],
        *["before:yesterday", "after:2026", "after:2026-13-01", "before:2026-02-30"],
        *["after:2026-11-25T10:00:00", "after:2026-11-25T10:00:00+02:00 tea".replace("+", " ")],
        *[
            "after:0001-01-01T00:00:00+23:59",
            "after:\uff12\uff10\uff12\uff16-11-25",
            "before:20261125",
        ],
        *[f"label:{'x' * 101}", "label:a\0b", 'label:"a\nb"'],
    ],
)
def test_a_name_without_a_value_that_it_can_take_is_refused_by_that_name(text: str) -> None:
    with pytest.raises(QueryError) as raised:
        parse(text)

    assert str(raised.value).startswith(text.partition(":")[0])
    assert str(raised.value).endswith(".")


def test_more_phrases_than_are_looked_for_are_refused() -> None:
    many = [f'"a b{at}"' for at in range(MOST_PHRASES + 1)]

    assert len(parse(" ".join([*many[1:], '"word"', many[1]])).phrases) == MOST_PHRASES
    with pytest.raises(QueryError):
        parse(" ".join(many))


def test_hostile_text_is_read_in_linear_time() -> None:
    for piece in ('"', 'from:"', "from:", '" ', "a:", "label:"):
        text = piece * 20_000

        with suppress(QueryError):  # quadratic would be minutes: the suite's limit is the judge
            parse(text)


PIECES = [*'":% ab-@0T\0\n', "from:", "is:", "after:", "label:", "\u3000"]
TYPED = st.lists(st.sampled_from(PIECES)).map("".join)


@given(st.text() | TYPED)
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    try:
        query = parse(text)
    except QueryError:
        return

    assert all(not {"'", "\\", "\0", ":"} & set(term.word) for term in query.terms)
    assert all(set(one.words) <= {term.word for term in query.terms} for one in query.phrases)


@given(st.text(st.characters(exclude_characters='":')))
def test_what_has_no_quotation_and_no_colon_is_its_words(text: str) -> None:
    assert parse(text) == plain(*dict.fromkeys(words(text)))


@given(st.text(st.characters(exclude_characters='"')))
def test_what_is_quoted_is_its_words_whatever_it_has(text: str) -> None:
    found = words(text)

    assert [one.words for one in parse(f'"{text}"').phrases] == (
        [tuple(found)] if found[1:] else []
    )


@given(st.sampled_from(NAMES[:3]), st.text(st.characters(exclude_characters='"')))
def test_a_quoted_value_stays_in_its_field(name: str, text: str) -> None:
    assume(words(text))

    assert {term.field for term in parse(f'{name}:"{text}"').terms} == {f":{name[0]}:"}
