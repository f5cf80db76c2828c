"""What goes in comes out: for any text, read by the modern and by the legacy reader."""

from collections.abc import Callable
from email.message import Message
from email.utils import getaddresses, parseaddr

import pytest
from hypothesis import example, given, strategies as st

from common.addresses import Address
from common.headers import HeaderError, check_header_value, check_text, clean_file_name
from services.sender.compose import Attachment, ComposeError
from tests.unit.sender.compose_mails import (
    as_lines,
    compose,
    decoded,
    hostile,
    mail,
    read_legacy,
    read_modern,
    unfolded,
)

ONE_WORD = 17  # characters that are one encoded word even if each takes three octets
LINES = [
    *("", " ", ".", "..", ".x", "From x", ">From x", "x ", "x\t", "--", "--=_", "=", "=20", "=\r"),
    *(
        "a" * 998,
        "a" * 999,
        "é" * 500,
        "a b" * 700,
        "é",
        "😀",
        "\0",
        "\x0c",
        "\x1a",
        "\u2028",
        "\x85",
    ),
]

letters = st.text(max_size=300)
texts = st.one_of(hostile, letters, st.text(" ab=?_é😀", max_size=200), st.text(" x", max_size=900))
lines = st.lists(st.sampled_from(LINES) | st.text(), max_size=30)
bodies = st.builds(str.join, st.sampled_from(["\n", "\r\n", "\r"]), lines) | letters


def fit(check: Callable[[str], str]) -> st.SearchStrategy[str]:
    """Return the texts that the door lets in."""

    def passes(text: str) -> bool:
        try:
            return check(text) == text
        except HeaderError:
            return False

    return texts.filter(passes)


def single_spaced(text: str) -> str:
    return " ".join(word for word in text.split(" ") if word)


def body_of(part: Message) -> str:
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode("utf-8").replace("\r\n", "\n")


@given(fit(check_text))
@example("=?UTF-8?Q?x?=")
@example("  two  spaces  ")
@example("é" * 900)
@example("word " * 180)
@example(" " * 900)
def test_a_subject_arrives_as_typed(subject: str) -> None:
    raw = compose(mail(subject=subject))

    assert subject == read_modern(raw)["Subject"]
    assert subject == decoded(read_legacy(raw)["Subject"])


@given(fit(check_header_value))
@example('Doe, John (Sales) <x@y.example>; \\ "')
@example("é" * 300)
@example("undisclosed-recipients:;")
def test_a_display_name_arrives_with_single_spaces(name: str) -> None:
    raw = compose(
        mail(from_=Address("a@mail.example", name), to=(Address("b@c.example", name),) * 2)
    )

    modern, legacy, name = read_modern(raw), read_legacy(raw), single_spaced(name)
    for each in (*modern["From"].addresses, *modern["To"].addresses):
        if len(name.encode()) <= ONE_WORD:
            assert name == each.display_name
        else:  # CPython 3.11 shows the space between encoded words, against RFC 2047 section 6.2
            assert name.replace(" ", "") == each.display_name.replace(" ", "")
    assert name == decoded(parseaddr(unfolded(legacy["From"]))[0])
    pairs = getaddresses([unfolded(legacy["To"])])
    assert [(name, "b@c.example")] * 2 == [(decoded(each), address) for each, address in pairs]


@given(fit(check_header_value))
def test_the_value_of_a_header_arrives_with_single_spaces(value: str) -> None:
    raw = compose(mail(headers=(("X-Campaign", value),)))

    arrived = single_spaced(value)
    assert arrived == read_modern(raw)["X-Campaign"]
    assert arrived == decoded(read_legacy(raw)["X-Campaign"])


@given(bodies)
def test_a_body_alone_arrives_as_typed_but_for_its_line_ends(text: str) -> None:
    for changes in ({"text": text}, {"text": None, "html": text}):
        raw = compose(mail(**changes))

        assert as_lines(text) == body_of(read_modern(raw))
        assert as_lines(text) == body_of(read_legacy(raw))


@given(bodies, bodies, st.binary(max_size=10_000))
def test_bodies_and_files_together_arrive_as_typed(text: str, html: str, content: bytes) -> None:
    file = Attachment("a.bin", "application/x-thing", content)

    raw = compose(mail(text=text, html=html, attachments=(file, file)))

    for message in (read_modern(raw), read_legacy(raw)):
        _, _, plain, rich, *files = message.walk()
        assert [as_lines(text), as_lines(html)] == [body_of(plain), body_of(rich)]
        assert [content] * 2 == [each.get_payload(decode=True) for each in files]


@given(texts)
@example("=?utf-8?q?x?=.pdf")
@example("é" * 120 + ".pdf")
@example('a "quoted" \\name.pdf')
@example("two  spaces.pdf")
@example("x" * 251 + ".pdf")
@example("utf-8''%41.pdf")
def test_a_file_name_arrives_as_cleaned_by_old_and_new_syntax(name: str) -> None:
    raw = compose(mail(attachments=(Attachment(name, "image/png", b"x"),)))

    modern, legacy = ([*read(raw).walk()][-1] for read in (read_modern, read_legacy))
    expected = clean_file_name(name)
    assert [expected] * 2 == [modern.get_filename(), legacy.get_filename()]
    assert expected == modern["Content-Type"].params["name"]
    old = legacy.get_param("name")
    assert isinstance(old, str)
    assert expected == decoded(old)


@pytest.mark.parametrize("size", [0, 1, 56, 57, 58, 3647, 3648, 3649, 933_888, 933_889, 2_000_000])
def test_a_file_of_any_length_arrives_in_lines_of_76(size: int) -> None:
    content = bytes(number % 251 for number in range(size))

    raw = compose(mail(attachments=(Attachment("a", "image/png", content),)))

    *_, part = read_legacy(raw).walk()
    assert content == part.get_payload(decode=True)
    assert all(len(line) <= 76 for line in str(part.get_payload()).split("\r\n"))


def test_a_mail_inside_a_mail_arrives_octet_for_octet() -> None:
    inner = b"From: a\nBcc: b\n\n--=_x\n\xff\x00"

    raw = compose(mail(attachments=(Attachment("old.eml", "message/rfc822", inner),)))

    *_, part = read_legacy(raw).walk()
    assert ["old.eml", inner] == [part.get_filename(), part.get_payload(decode=True)]


@pytest.mark.parametrize("changes", [{"text": "a\ud800"}, {"text": None, "html": "\udc80"}])
def test_a_body_with_a_lone_surrogate_is_refused(changes: dict[str, str | None]) -> None:
    with pytest.raises(ComposeError, match="surrogate"):
        compose(mail(**changes))
