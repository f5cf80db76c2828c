"""What may stand in the head of a mail, and in the name of a file."""

import pytest
from hypothesis import given, strategies as st

from common.headers import (
    MAX_FILE_NAME,
    MAX_TEXT,
    HeaderError,
    check_header_name,
    check_header_value,
    check_text,
    clean_file_name,
    clean_text,
)

CONTROLS = [*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0))]
LINE_ENDS = ["\r\n", "\u2028", "\u2029"]  # and CR, LF, VT, FF, NEL, which are controls
SURROGATES = ["\ud800", "\udbff", "\udc00", "\udfff", "\udc0a"]

anything = st.text(st.characters())


@pytest.mark.parametrize("character", CONTROLS + LINE_ENDS + SURROGATES)
def test_no_control_line_end_or_lone_surrogate_is_a_text(character: str) -> None:
    for text in (character, f"a{character}", f"{character}b", f"a{character}b"):
        with pytest.raises(HeaderError):
            check_text(text)
        with pytest.raises(HeaderError):
            check_header_value(text)


@given(anything)
def test_a_text_is_given_back_as_it_is_or_refused(text: str) -> None:
    try:
        assert text == check_text(text)
    except HeaderError:
        assert any(c < " " or "\x7f" <= c <= "\x9f" or c in "\u2028\u2029" for c in text) or any(
            "\ud800" <= c <= "\udfff" for c in text
        )


@given(anything)
def test_a_cleaned_text_is_always_a_text(text: str) -> None:
    assert check_text(clean_text(text * 30)) is not None


def test_a_text_has_its_longest_length() -> None:
    assert check_text("x" * MAX_TEXT)

    with pytest.raises(HeaderError, match="901 characters"):
        check_text("x" * (MAX_TEXT + 1))


@pytest.mark.parametrize(
    "text",
    [
        "=?utf-8?q?x?=",
        "=?UTF-8?B?QmNjOg==?=",
        "before =?x?q?=0ABcc=3A?= behind",
        "=?utf-8*en?q?x?=",
        "=?utf-8?q?with space?=",
        "=?anything, some decoders are lenient?=",
    ],
)
def test_encoded_words_are_refused_in_values_but_not_in_subjects(text: str) -> None:
    with pytest.raises(HeaderError, match="Encoded words"):
        check_header_value(text)

    assert text == check_text(text)


@pytest.mark.parametrize("text", ["", "1 =? 2", "<https://x.example/?a=b&c=?>", "?==?", "Größe 😀"])
def test_values_that_only_remind_of_encoded_words_are_let_through(text: str) -> None:
    assert text == check_header_value(text)


@pytest.mark.parametrize(
    "name", ["X-Campaign", "List-Unsubscribe", "Auto-Submitted", "Precedence", "x", "!#$%&'*+~"]
)
def test_a_caller_may_set_headers_that_nobody_owns(name: str) -> None:
    assert name == check_header_name(name)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("From", "own fields"),
        ("bcc", "own fields"),
        ("Subject", "own fields"),
        ("MESSAGE-ID", "own fields"),
        ("References", "own fields"),
        ("X-Postroom-Message-Id", "own fields"),
        ("Resent-Bcc", "recipients"),
        ("Content-Type", "MIME"),
        ("content-anything", "MIME"),
        ("MIME-Version", "MIME"),
        ("X-SES-CONFIGURATION-SET", "Amazon"),
        ("Feedback-ID", "Amazon"),
        ("DKIM-Signature", "Amazon"),
        ("Return-Path", "servers"),
        ("ARC-Seal", "servers"),
    ],
)
def test_a_header_that_someone_owns_is_refused_with_the_reason(name: str, reason: str) -> None:
    with pytest.raises(HeaderError, match=reason):
        check_header_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "X Y",
        "X:",
        "X: y\r\nBcc",
        "X\r\nBcc",
        "X\n",
        "\tX",
        "Bcc ",
        "X\0",
        "Ü",
        "\x7f",
        "x" * 77,
    ],
)
def test_what_is_no_header_name_is_refused(name: str) -> None:
    with pytest.raises(HeaderError):
        check_header_name(name)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("report.pdf", "report.pdf"),
        ("Übersicht 2026 😀.pdf", "Übersicht 2026 😀.pdf"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("../..", "attachment"),
        ("", "attachment"),
        ("folder/", "attachment"),
        ("a..b...c.txt", "a.b.c.txt"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("a\r\nBcc: x@y.example", "aBcc_ x@y.example"),
        ('Re: "what?" <now>.txt', "Re_ _what__ _now_.txt"),
        ("nul.txt", "_nul.txt"),
        ("null.txt", "null.txt"),
        ("\ud800.txt", ".txt"),
    ],
)
def test_a_file_name_keeps_what_is_safe_of_it(typed: str, kept: str) -> None:
    assert kept == clean_file_name(typed)


def test_a_long_file_name_is_cut_before_its_extension() -> None:
    name = clean_file_name("ü" * 300 + ".tar.gz")

    assert name.endswith("ü.gz")
    assert MAX_FILE_NAME - 1 <= len(name.encode()) <= MAX_FILE_NAME


@given(anything.map(lambda text: text * 20))
def test_a_clean_file_name_is_short_free_of_folders_and_stays_as_it_is(typed: str) -> None:
    name = clean_file_name(typed)

    assert name == clean_file_name(name)
    assert 0 < len(name.encode()) <= MAX_FILE_NAME
    assert not set('/\\\r\n\0<>:"|?*') & set(name)
    assert ".." not in name
