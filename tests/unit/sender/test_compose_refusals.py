"""The known ways to bring a field or a recipient into a mail: each is refused, at two walls."""

import pytest

from common.addresses import Address
from common.headers import HeaderError, clean_file_name
from services.sender.compose import Attachment, ComposeError
from services.sender.mime.headers import field
from tests.unit.sender.compose_mails import PLAIN, compose, mail, read_modern

INJECTIONS = [
    "x\r\nBcc: evil@x.example",
    "x\nBcc: evil@x.example",
    "x\rBcc: evil@x.example",
    "x\r\n Bcc: evil@x.example",
    "x\r\n\r\nbody",
    "x\0y",
    "x\x0bBcc: evil@x.example",
    "x\x85Bcc: evil@x.example",
    "x\u2028Bcc: evil@x.example",
    "x\ud800",
]
ENCODED = [
    "=?utf-8?q?=0ABcc=3A_evil=40x.example?=",
    "=?UTF-8?B?DQpCY2M6IGV2aWxAeC5leGFtcGxl?=",
    "a =?utf-8?q?=0D=0A?= b",
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_a_line_end_or_control_is_refused_in_every_header(text: str) -> None:
    for changes in (
        {"subject": text},
        {"from_": Address(PLAIN.from_.email, text)},
        {"to": (Address(PLAIN.to[0].email, text),)},
        {"cc": (Address("a@b.example", text),)},
        {"reply_to": (Address("a@b.example", text),)},
        {"headers": (("X-Campaign", text),)},
        {"headers": ((text, "x"),)},
        {"headers": ((f"X-Campaign: {text}", "x"),)},
        {"to": (Address(f"{text}@b.example"),)},
        {"message_id": text},
    ):
        with pytest.raises(ComposeError):
            compose(mail(**changes))


@pytest.mark.parametrize("text", INJECTIONS)
def test_the_last_wall_writes_no_second_field_even_of_text_that_nobody_checked(text: str) -> None:
    for name, words in ((text, ["x"]), (text, []), ("X", [text]), ("X", ["a", text])):
        with pytest.raises(HeaderError):
            field(name, words)


@pytest.mark.parametrize("text", ENCODED)
def test_an_encoded_word_is_refused_where_a_reader_would_decode_it(text: str) -> None:
    for changes in (
        {"from_": Address(PLAIN.from_.email, text)},
        {"to": (Address(PLAIN.to[0].email, text),)},
        {"headers": (("X-Campaign", text),)},
        {"to": (Address(f"{text}@b.example"),)},
    ):
        with pytest.raises(ComposeError):
            compose(mail(**changes))


@pytest.mark.parametrize("text", ENCODED)
def test_an_encoded_word_in_a_subject_or_file_name_is_not_decoded(text: str) -> None:
    raw = compose(mail(subject=text, attachments=(Attachment(text, "text/plain", b""),)))

    read = read_modern(raw)
    assert text == read["Subject"]
    assert [clean_file_name(text)] == [part.get_filename() for part in read.iter_attachments()]


@pytest.mark.parametrize(
    "name", ["Bcc", "bCC", "Resent-Bcc", "From", "Content-Type", "X-SES-Source-ARN", "Received"]
)
def test_a_caller_cannot_set_a_header_that_someone_owns(name: str) -> None:
    with pytest.raises(ComposeError, match="cannot be set"):
        compose(mail(headers=((name, "evil@x.example"),)))
