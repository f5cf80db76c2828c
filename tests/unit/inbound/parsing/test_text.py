"""What a reader sees: charsets, encodings, which parts are text and which are files."""

import pytest

from services.inbound.parsing.parse import parse
from tests import odd_mail


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("iso-2022-jp", "こんにちは\n"),
        ("gb18030", "你好 㐀\n"),
        ("koi8-r", "Привет, мир\n"),
        ("utf-7", "Hi a \ufffd end\n"),
        ("utf-16", "Hällo\n"),
        ("charset-unknown", "Grüße\n"),
        ("charset-unknown-latin", "Grüße € 5\n"),
        ("charset-lies-utf8", "Grüße\n"),
        ("charset-lies-latin", "Grüße\n"),
        ("charset-cut", "Grüße, \ufffd"),
        ("charset-codec", "\\x41 stays\n"),
        ("nul-bytes", "text"),
        ("base64-garbage", "Hello world"),
        ("qp-broken", "Grüße =ZZ =4\nsoft break = = \nend"),
        ("cte-unknown", "Uryyb\n"),
        ("uuencode", "Here it is\nbegin 644 a.txt\n#86)C\n`\nend\n"),
        ("format-flowed-delsp", "日本語\n"),
        (
            "format-flowed",
            "One paragraph that is broken.\n> quoted also broken\nFrom here.\n\n-- \nJo\n",
        ),
        ("bare-cr", "line one\nline two\n"),
        ("mixed-line-ends", "one\ntwo\nthree\nfour"),
        ("no-headers", "just a line of text\nand: another\n"),
        ("boundary-never", "Just text.\n--b2\nmore\n"),
        ("boundary-unnamed", "--x\nContent-Type: text/plain\n\nhidden\n--x--\n"),
        ("boundary-odd", "one\ntwo"),
        ("endless-multiparts", "deep down\n"),
        ("preamble-epilogue", "the text"),
        ("mixed-texts", "before\nafter\n____\nfooter"),
        ("content-type-broken", "text all the same"),
        ("text-attachments", "body"),
        ("no-body", None),
        ("empty", None),
        ("html-only", None),
        ("smime-opaque", None),
        ("calendar-only", None),
    ],
)
def test_text(name: str, text: str | None) -> None:
    assert parse(odd_mail.own(name)).text == text


@pytest.mark.parametrize(
    ("name", "html"),
    [
        ("alternative-amp", "<p>html</p>"),
        ("no-end-boundary", "<p>html</p>\n"),
        ("boundary-prefix", "<p>html</p>"),
        ("content-type-twice", "<p>html</p>\n"),
        ("related-cid", '<img src="cid:logo%40example.com">'),
        ("text-attachments", None),
        ("reply-gmail", None),
    ],
)
def test_html(name: str, html: str | None) -> None:
    assert parse(odd_mail.own(name)).html == html


def test_html_whose_charset_is_in_a_meta_element() -> None:
    assert "Привет" in (parse(odd_mail.own("html-meta-charset")).html or "")


def test_text_that_is_too_long_for_one_is_a_file_as_a_whole() -> None:
    mail = parse(b"Subject: log\n\n" + b"line\n" * 1_000_000)

    assert mail.text is None
    assert [(file.name, len(file.content)) for file in mail.files] == [("message.txt", 5_000_000)]
