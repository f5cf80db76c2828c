"""`automatic`: what a program wrote, or asks not to be answered by one."""

import pytest

from services.inbound.parsing.parse import parse
from tests import odd_mail

AUTOMATIC = {
    "auto-exchange",
    "auto-gmail",
    "auto-outlook",
    "dsn-headers",
    "dsn-postfix",
    "dsn-qmail",
    "from-mailer-daemon",
    "list-mailman",
    "newsletter",
    "read-receipt",
}


@pytest.mark.parametrize("name", odd_mail.OWN)
def test_automatic(name: str) -> None:
    assert parse(odd_mail.own(name)).automatic is (name in AUTOMATIC)


@pytest.mark.parametrize(
    ("header", "automatic"),
    [
        ("Auto-Submitted: no", False),
        ("Auto-Submitted: NO; comment", False),
        ("Auto-Submitted:", False),
        ("Auto-Submitted: auto-replied", True),
        ("auto-submitted: auto-generated (failure)", True),
        ("Precedence: first-class", False),
        ("Precedence: Junk", True),
        ("Return-Path: <jo@example.com>", False),
        ("Return-Path: <>", True),
        ("Return-Path:\r\n < >", True),
        ("List-Post: NO", True),
        ("X-List-Id: x", False),
        ("X-Auto-Response-Suppress: DR, NDR, RN, NRN", False),
        ("X-Auto-Response-Suppress: AutoReply", True),
        ("X-Autorespond: yes", True),
        ("Content-Type: multipart/report; boundary=x", True),
    ],
)
def test_one_header_decides(header: str, automatic: bool) -> None:
    assert parse(f"{header}\r\n\r\nbody".encode()).automatic is automatic
