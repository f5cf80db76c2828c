import pytest

from deploy.local.aws.errors import BadRequest
from deploy.local.aws.ses.headers import first, mailboxes, parse, scan


def test_headers_are_unfolded_and_stay_in_order() -> None:
    raw = (
        b"From: a@example.com\r\nSubject: one\r\n two\r\nX-A: 1\r\nX-A: 2\r\n\r\nTo: no@example.com"
    )

    assert parse(raw) == (
        ("From", "a@example.com"),
        ("Subject", "one two"),
        ("X-A", "1"),
        ("X-A", "2"),
    )


def test_a_mail_of_bare_line_feeds_is_read_too() -> None:
    assert parse(b"From: a@example.com\nTo: b@example.com\n\nbody") == (
        ("From", "a@example.com"),
        ("To", "b@example.com"),
    )


def test_bytes_that_are_no_utf8_do_not_stop_the_parser() -> None:
    assert first(parse(b"Subject: caf\xe9\r\n\r\n"), "subject") == "caf\N{REPLACEMENT CHARACTER}"


def test_a_header_that_may_stand_once_is_refused_twice() -> None:
    with pytest.raises(BadRequest, match="Duplicate header 'bcc'"):
        parse(b"Bcc: a@example.com\r\nbcc: b@example.com\r\n\r\n")


def test_mailboxes_come_from_all_headers_named() -> None:
    headers = parse(b'To: "B, b" <b@example.com>, c@example.com\r\nCc: d@example.com\r\n\r\n')

    assert mailboxes(headers, "to", "cc", "bcc") == [
        "b@example.com",
        "c@example.com",
        "d@example.com",
    ]


def test_of_a_received_mail_any_headers_will_do() -> None:
    raw = b"Bcc: a@example.com\r\nno header\r\nbcc: b@example.com\r\n\r\nTo: no"

    assert scan(raw) == (("Bcc", "a@example.com"), ("bcc", "b@example.com"))


def test_a_mail_that_begins_with_its_body_has_no_headers() -> None:
    assert scan(b"\r\nTo: a@example.com") == ()
    assert scan(b"") == ()


def test_only_so_much_of_a_block_is_looked_at() -> None:
    assert scan(b"A: 1\r\nB: 2\r\n\r\n", most=6) == (("A", "1"),)
