"""What `POST /inbound` may be asked for."""

import pytest
from pydantic import ValidationError
from starlette.datastructures import QueryParams

from deploy.local.aws.ses.receiving.asked import Asked
from deploy.local.aws.ses.receiving.incoming import ALL_PASS, Incoming, Status

RAW = b"From: Ada <ada@example.com>\r\nTo: b@example.com\r\n\r\nHi"


def mail(query: str, raw: bytes = RAW) -> Incoming:
    return Asked.of(QueryParams(query)).mail(raw)


def test_recipients_are_those_of_the_envelope_and_not_of_the_header() -> None:
    taken = mail("to=x@postroom.test&to=y%2Bz@postroom.test")

    assert taken.recipients == ("x@postroom.test", "y+z@postroom.test")
    assert taken.raw == RAW


def test_the_sender_is_the_author_if_nothing_else_is_said() -> None:
    assert mail("to=x@y.test").sender == "ada@example.com"
    assert mail("to=x@y.test&from=other@example.org").sender == "other@example.org"
    assert mail("to=x@y.test", b"no header at all").sender == "unknown@mail.invalid"


def test_an_empty_sender_is_the_null_return_path() -> None:
    assert mail("to=x@y.test&from=").sender == ""


def test_everything_passes_if_nothing_else_is_said() -> None:
    assert mail("to=x@y.test").verdicts == ALL_PASS


def test_each_verdict_can_be_asked_for() -> None:
    words = "spam=FAIL&virus=PROCESSING_FAILED&spf=GRAY&dkim=DISABLED&dmarc=FAIL"

    assert mail(f"to=x@y.test&{words}").verdicts == {
        "spam": Status.FAIL,
        "virus": Status.PROCESSING_FAILED,
        "spf": Status.GRAY,
        "dkim": Status.DISABLED,
        "dmarc": Status.FAIL,
    }


def test_a_policy_is_told_of_a_failed_dmarc_only() -> None:
    assert mail("to=x@y.test").dmarc_policy is None
    assert mail("to=x@y.test&dmarc=FAIL").dmarc_policy == "none"
    assert mail("to=x@y.test&dmarc=FAIL&dmarcPolicy=reject").dmarc_policy == "reject"
    with pytest.raises(ValidationError, match="with dmarc=FAIL only"):
        mail("to=x@y.test&dmarcPolicy=reject")


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("", "the envelope needs recipients"),
        ("&".join(f"to=a{n}@y.test" for n in range(101)), "1 to 100"),
        ("to=nobody", "'nobody' is no address"),
        ("to=a+b@y.test", "a \\+ in a URL is written %2B"),
        ("to=x@y.test&from=a%0D%0AX:1@y.test", "is no address"),
        ("to=x@y.test&spam=MAYBE", "'PASS', 'FAIL', 'GRAY'"),
        ("to=x@y.test&dmarc=FAIL&dmarcPolicy=burn", "quarantine"),
        ("to=x@y.test&id=../secret", "pattern"),
        ("to=x@y.test&duplicates=101", "less than or equal to 100"),
        ("to=x@y.test&spamm=FAIL", "not permitted"),
    ],
)
def test_what_is_wrong_is_said(query: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        mail(query)
