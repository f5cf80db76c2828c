"""But for quotations and a few operators, nothing that a caller types into a search is syntax, and
nothing of it is an error.
"""

import re
from collections.abc import Iterator
from unicodedata import normalize
from urllib.parse import quote

import pytest
from hypothesis import given, settings, strategies as st

from tests.e2e.library import INVOICE, ORDER, Library, filled
from tests.e2e.local import Local


@pytest.fixture(scope="module")
def library(local: Local) -> Iterator[Library]:
    with filled(local) as library:
        yield library


NO_WORD = ["", " ", "%", "\\", "'", '"', "&", "|", "!", "(", ")", "<->", "*", ":", "::", "%%", "''"]
NO_WORD += ["\\'", "$$", "?", "--", "/*", ";", "& | !", "!!!", "…«»", "🎉", "\u200b", "\N{NULL}"]


@pytest.mark.parametrize("query", NO_WORD)
def test_punctuation_alone_finds_nothing_and_is_no_error(library: Library, query: str) -> None:
    assert library.get(quote(query)) == (200, [])


SYNTAX = [
    "teapot & !invoice",
    "teapot | nowhere",
    "!teapot",
    "teapot:*",
    "teapot:AB",
    "teapot <-> pot",
]
SYNTAX += ["'teapot", "teapot'", "'tea pot'", "teapot)", "((teapot", "teapot%", "te%pot", "te_pot"]
SYNTAX += [
    "teapot\\",
    "\\teapot",
    "teapot';--",
    "%teapot%",
    ":*",
    "a:*&b",
    "-teapot",
    '"teapot blue"',
]
SYNTAX += ["teapot\N{NULL}", "\N{NULL}teapot", "teapot AND order", "teapot OR order", "NOT teapot"]


@pytest.mark.parametrize("query", SYNTAX)
def test_nothing_that_is_typed_is_syntax(library: Library, query: str) -> None:
    """What is found has all the words; what has them all is found."""
    words = query_words(query)
    having = {
        message_id
        for message_id, text in library.texts.items()
        if words and all(_begins_a_word(word, text) for word in words)
    }

    status, found = library.get(quote(query))

    assert status == 200
    assert {one["id"] for one in found} == having


@pytest.mark.parametrize(
    "percent_encoded",
    [
        "%00",
        "qq%00qq",
        "%ED%A0%80",
        "x%ED%BF%BF",
        "%FF%FE",
        "%C3",
        "%F0%9F",
        "%",
        "%zz",
        "+%2B+",
        "%u0041",
    ],
)
def test_what_is_no_text_finds_nothing_and_is_no_error(
    library: Library, percent_encoded: str
) -> None:
    assert library.get(percent_encoded) == (200, [])


@pytest.mark.parametrize("piece", ["x", "ab ", "%", "' ", "teapot ", "&!|:*()", "ÄÖ "])
def test_ten_thousand_characters_are_no_error(library: Library, piece: str) -> None:
    status, found = library.get(quote(piece * (10_000 // len(piece))))

    assert status == 200
    assert {one["id"] for one in found} <= {library.ids[ORDER], library.ids[INVOICE]}


def test_a_url_longer_than_a_parser_reads_is_a_problem_as_any_other(library: Library) -> None:
    """10,000 ideographs are 90,000 octets of URL; llhttp's URL parser counts in 16 bits."""
    status, problem = library.get(quote("日" * 10_000))

    assert status == 400
    assert problem["code"] == "invalid_http"


def query_words(text: str) -> list[str]:
    """The words of a query, made in another way than the product makes them; without those of
    scripts that have no spaces, and marks, which are not for this simple way.
    """
    return re.findall(r"[^\W_]+", fold(text))


def fold(text: str) -> str:
    return normalize("NFKC", normalize("NFKC", text).casefold())


def _begins_a_word(word: str, text: str) -> bool:
    return re.search(rf"(?<![^\W_]){re.escape(word)}", fold(text)) is not None


@settings(max_examples=150)
@given(query=st.text(st.characters(), max_size=60))
def test_whatever_is_typed_is_answered_and_finds_only_what_has_its_words(
    library: Library, query: str
) -> None:
    status, found = library.get(quote(query, errors="surrogatepass"))

    assert status == 200
    texts = [fold(library.texts[one["id"]]) for one in found]
    assert all(word in text for text in texts for word in query_words(query))
    assert query_words(query) or not found or not query.isascii()


# Without the quotation mark: what is quoted are whole words.
JUNK = st.text(st.sampled_from(" %\\'&|!():*<->_,.;?$#@/\t\n\0"), min_size=1, max_size=4)
TEAPOT_WORDS = st.sampled_from(["your", "order", "4711", "teapot", "blue", "100", "cotton", "zoë"])


@settings(max_examples=100)
@given(
    st.lists(st.tuples(JUNK, TEAPOT_WORDS, st.integers(1), st.booleans()), min_size=1, max_size=6)
)
def test_the_beginnings_of_its_words_find_a_message_whatever_stands_between_them(
    library: Library, pieces: list[tuple[str, str, int, bool]]
) -> None:
    typed = "".join(
        f"{junk}{(word.upper() if loud else word)[: 1 + length % len(word)]}"
        for junk, word, length, loud in pieces
    )

    assert ORDER in library.find(typed)
