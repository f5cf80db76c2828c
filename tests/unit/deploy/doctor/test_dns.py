"""DMARC's record as receivers read it, and where the doctor asks."""

import time

import pytest

from deploy.doctor import __main__ as command, dmarc
from deploy.doctor.nameserver import Server


@pytest.mark.parametrize(
    ("record", "policy"),
    [
        ("v=DMARC1; p=none", "none"),
        ("v=DMARC1;p=Reject;", "reject"),
        ("v = DMARC1 ; p = quarantine ; pct=50 ; adkim=s ; fo=1:d", "quarantine"),
        ("v=DMARC1; p=none; rua=mailto:a@x.org!10m,https://x.org/r; unknown=any thing", "none"),
    ],
)
def test_what_receivers_read_is_read(record: str, policy: str) -> None:
    assert dmarc.is_record(record)
    assert dmarc.tags(record)["p"] == policy


@pytest.mark.parametrize(
    "record", ["v=dmarc1; p=none", "p=none; v=DMARC1", "v=DMARC12; p=none", ""]
)
def test_what_is_something_else_is_not_dmarcs(record: str) -> None:
    assert not dmarc.is_record(record)


@pytest.mark.parametrize(
    ("record", "wrong"),
    [
        ("v=DMARC1", "p is missing"),
        ("v=DMARC1; p=block", "tag p has no value"),
        ("v=DMARC1; p=", "not tag=value"),
        ("v=DMARC1; p=none; p=none", "p is there twice"),
        ("v=DMARC1; p=none; rua=a@x.org", "tag rua"),
        ("v=DMARC1; p=none; pct=101", "tag pct"),
        ("v=DMARC1; p=none; \x1b[31m=x", "not tag=value"),
        ("v=DMARC1; p=none; x;; y", "not tag=value"),
    ],
)
def test_what_receivers_cannot_read_is_told_in_words_of_ours(record: str, wrong: str) -> None:
    with pytest.raises(dmarc.MalformedError, match=wrong) as told:
        dmarc.tags(record)

    assert str(told.value).isprintable()


def test_a_hostile_record_is_read_in_no_time() -> None:
    """A TXT record has up to 64 KB."""
    began = time.process_time()
    for part in (
        "x" + " " * 60_000 + "y",
        "a=" + "x " * 30_000 + "\n",
        "rua=" + "a:b," * 15_000 + " ",
    ):
        with pytest.raises(dmarc.MalformedError):
            dmarc.tags(f"v=DMARC1; p=none; {part}; ;")

    assert time.process_time() - began < 1


def test_a_name_server_is_an_address_and_maybe_a_port() -> None:
    assert Server.of("1.1.1.1") == ("1.1.1.1", 53)
    assert Server.of("::1#5353") == ("::1", 5353)


@pytest.mark.parametrize("wrong", ["dns.example.com", "1.1.1.1:53", "1.1.1.1#70000", ""])
def test_what_is_no_name_server_is_refused(wrong: str) -> None:
    with pytest.raises(SystemExit) as refused:
        command.main(["--nameserver", wrong])

    assert refused.value.code == 2
