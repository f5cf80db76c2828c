"""SES's headers on top of a received mail, held against those of mails in real buckets."""

from datetime import UTC, datetime

import pytest

from deploy.local.aws.ses.receiving.incoming import ALL_PASS, Incoming, Peer, Status, read
from deploy.local.aws.ses.receiving.stamps import stamped

RAW = b"From: Ada <ada@example.com>\r\nSubject: Hello\r\n\r\n\x00\xff\nbody"
AT = datetime(2023, 3, 20, 3, 11, 44, tzinfo=UTC)
TOP = """\
Return-Path: <ada@example.com>
Received: from mail.example.com (mail.example.com [203.0.113.25])
 by inbound-smtp.us-east-1.amazonaws.com with SMTP id q041v1u3p6g5bust1o2se9of7vf685mtivi7ci01
 for x@postroom.test;
 Mon, 20 Mar 2023 03:11:44 +0000 (UTC)
X-SES-Spam-Verdict: PASS
X-SES-Virus-Verdict: PASS
Received-SPF: pass (spfCheck: domain of example.com designates 203.0.113.25 as permitted sender)\
 client-ip=203.0.113.25; envelope-from=ada@example.com; helo=mail.example.com;
Authentication-Results: amazonses.com;
 spf=pass (spfCheck: domain of example.com designates 203.0.113.25 as permitted sender)\
 client-ip=203.0.113.25; envelope-from=ada@example.com; helo=mail.example.com;
 dkim=pass header.i=@example.com;
 dmarc=pass header.from=example.com;
X-SES-RECEIPT: AEFBQUFBQUFBQUFF"""


def incoming(sender: str = "ada@example.com", **verdicts: Status) -> Incoming:
    return Incoming(
        raw=RAW,
        headers=read(RAW),
        sender=sender,
        recipients=("x@postroom.test", "y@postroom.test"),
        peer=Peer("mail.example.com", "203.0.113.25"),
        verdicts={**ALL_PASS, **verdicts},
        message_id="q041v1u3p6g5bust1o2se9of7vf685mtivi7ci01",
        at=AT,
    )


def top(mail: Incoming) -> str:
    return stamped(mail).removesuffix(RAW).decode().replace("\r\n", "\n")


def test_the_headers_are_ses_s_in_ses_s_order_and_folded_as_by_ses() -> None:
    assert top(incoming()).startswith(TOP)
    assert "\nX-SES-DKIM-SIGNATURE: a=rsa-sha256; q=dns/txt; b=" in top(incoming())
    assert "d=amazonses.com; t=1679281904; v=1;" in top(incoming())


def test_the_mail_itself_is_as_it_came() -> None:
    assert stamped(incoming()).endswith(RAW)


def test_a_null_return_path_is_judged_by_the_servers_name() -> None:
    found = top(incoming(sender=""))

    assert found.startswith("Return-Path: <>\n")
    assert "envelope-from=postmaster@mail.example.com; helo=mail.example.com;" in found


@pytest.mark.parametrize(
    ("check", "status", "words"),
    [
        ("spf", Status.FAIL, "spf=fail (spfCheck: domain of example.com does not designate"),
        ("spf", Status.GRAY, "spf=none (spfCheck: 203.0.113.25 is neither permitted nor denied by"),
        ("spf", Status.PROCESSING_FAILED, "spf=temperror (spfCheck: Error in retrieving data"),
        ("dkim", Status.FAIL, "dkim=fail header.i=@example.com;"),
        ("dmarc", Status.FAIL, "dmarc=fail header.from=example.com;"),
        ("dmarc", Status.GRAY, "dmarc=none header.from=example.com;"),
        ("spam", Status.FAIL, "X-SES-Spam-Verdict: FAIL\n"),
        ("virus", Status.GRAY, "X-SES-Virus-Verdict: GRAY\n"),
    ],
)
def test_each_verdict_has_its_words(check: str, status: Status, words: str) -> None:
    assert words in top(incoming(**{check: status}))


def test_an_unsigned_mail_has_no_word_on_dkim() -> None:
    assert "dkim=" not in top(incoming(dkim=Status.GRAY)).lower().replace("ses-dkim", "")


def test_a_scan_that_is_off_leaves_no_header() -> None:
    found = top(incoming(spam=Status.DISABLED, virus=Status.DISABLED))

    assert "X-SES-Spam-Verdict" not in found
    assert "X-SES-Virus-Verdict" not in found
