"""The words of a text."""

from hypothesis import given, strategies as st

from services.api.words import MAX_TEXT, MAX_WORD, text_of_html, words


def test_words_know_no_case() -> None:
    assert words("Straße STRASSE ΣΊΣΥΦΟΣ") == ["strasse", "strasse", "σίσυφοσ"]


def test_an_address_is_its_parts() -> None:
    assert words("Jane.Doe+shop@Mail.Example") == ["jane", "doe", "shop", "mail", "example"]


def test_composed_and_decomposed_letters_are_the_same_word() -> None:
    assert words("Zu\u0308rich") == words("Zürich")


def test_full_width_letters_are_letters() -> None:
    assert words("\uff21\uff22\uff23\uff11\uff12") == ["abc12"]


def test_a_dotted_capital_i_is_an_i() -> None:
    assert words("İstanbul") == ["istanbul"]


def test_vowel_signs_do_not_cut_a_word() -> None:
    assert words("हिन्दी भाषा") == ["हिन्दी", "भाषा"]


def test_a_script_without_spaces_is_found_character_by_character() -> None:
    assert words("关于会议") == ["关", "于", "会", "议"]


def test_underscores_and_signs_are_between_words() -> None:
    assert words(r"a_b 100% c\d 'e' f&g h:* !i") == [*"ab", "100", *"cdefghi"]


def test_a_word_is_cut_where_nobody_reads_on() -> None:
    assert [len(word) for word in words("x" * 5000)] == [MAX_WORD]


def test_of_html_only_what_a_reader_sees_is_kept() -> None:
    html = "<style>p {color: red}</style><p class='big'>H<b>ell</b>o&nbsp;you<br>there</p><script>x"

    assert text_of_html(html).split() == ["Hello", "you", "there"]


def test_a_sign_for_less_is_no_tag() -> None:
    assert text_of_html("1 < 2 and 3 > 2").split() == ["1", "<", "2", "and", "3", ">", "2"]


def test_hostile_html_is_read_in_linear_time() -> None:
    for piece in ("<", "<!--", "<![CDATA[", "<script>", "&#", "<a "):
        html = (piece * MAX_TEXT)[:MAX_TEXT]

        # Quadratic would be minutes: the suite's time limit is the judge.
        assert len(text_of_html(html)) <= 2 * MAX_TEXT


@given(st.text())
def test_whatever_is_typed_no_quote_or_backslash_is_left(text: str) -> None:
    assert all(not {"'", "\\", "\0"} & set(word) for word in words(text))


@given(st.text())
def test_words_of_words_are_the_same_words(text: str) -> None:
    once = words(text)

    assert [again for word in once for again in words(word)] == once


@given(st.lists(st.text(st.characters(exclude_categories=["Z", "Cc"]), min_size=1)))
def test_the_words_of_a_line_are_those_of_its_pieces(pieces: list[str]) -> None:
    """A query is cut at its spaces before its words are made."""
    assert words(" ".join(pieces)) == [word for piece in pieces for word in words(piece)]
