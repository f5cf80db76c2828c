"""What the doctor makes of DNS: a real server's answers, and that of one which gives none."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from common.settings import Settings
from deploy.doctor import dns_records, runner
from deploy.doctor.findings import Finding, Subject, exit_status, ok
from deploy.doctor.nameserver import Dns, Server
from deploy.doctor.subjects import Part
from deploy.doctor.world import World
from tests.integration.deploy.doctor.nameserver import BROKEN, Zone, answering, silent

DOMAIN, BOUNCE, REGION = "mail.example.com", "bounce.mail.example.com", "eu-west-1"
SES = f"inbound-smtp.{REGION}.amazonaws.com."
MX, SPF, DMARC = (DOMAIN, "MX"), (BOUNCE, "TXT"), (f"_dmarc.{DOMAIN}", "TXT")
ABOVE = ("_dmarc.example.com", "TXT")
WELL: Zone = {
    MX: [f"10 {SES}"],
    SPF: ['"some-token"', '"v=spf1 include:amazonses.com ~all"'],
    DMARC: ['"v=DMARC1; p=none; rua=mailto:dmarc@example.com"'],
}
NOTHING: Any = None
IDENTITY = Part(
    Subject("identity", {"settings": "", "identity": ""}),
    lambda _: iter([ok("settings", "."), ok("identity", ".")]),
)
"""It has gone well: what is behind it is looked at."""
PARTS = (
    IDENTITY,
    Part(dns_records.SUBJECT, dns_records.examine),
    Part(dns_records.RETURN_PATH, dns_records.examine_return_path),
)


@dataclass
class Site:
    """A domain, as one name server knows it."""

    server: Server
    zone: Zone

    def examined(self, patience: float = 5.0, **settings: Any) -> dict[str, Finding]:
        given = {
            "database_url": "postgresql://x/x",
            "redis_url": "x",
            "aws_region": REGION,
            "default_domain": DOMAIN,
            "inbound_queue_url": "https://queue",
        }
        names = Dns(self.server, patience)
        world = World(Settings(**given | settings), NOTHING, NOTHING, dns=names, mail_from=BOUNCE)
        found = {one.code: one for one in runner.examine(world, PARTS)}
        return {code: one for code, one in found.items() if code.startswith("dns")}


@pytest.fixture(scope="module")
def served() -> Iterator[Site]:
    zone: Zone = {}
    with answering(zone) as server:
        yield Site(server, zone)


@pytest.fixture
def site(served: Site) -> Site:
    served.zone.clear()
    served.zone.update(WELL)
    return served


def wrong(found: dict[str, Finding]) -> dict[str, str]:
    return {code: one.gravity for code, one in found.items() if one.gravity != "ok"}


def test_records_that_are_as_up_says_are_well(site: Site) -> None:
    found = site.examined()

    assert wrong(found) == {}
    assert found["dns_dmarc"].says.startswith(f"none, by {DOMAIN}.")


BREAKS: dict[str, tuple[Zone, str, str, str]] = {
    "no MX": ({MX: []}, "dns_mx", "error", "has no MX"),
    "elsewhere": ({MX: ["10 mx.example.net."]}, "dns_mx", "error", "mx.example.net"),
    "null MX": ({MX: ["0 ."]}, "dns_mx", "error", "goes to ."),
    "another region": (
        {MX: ["10 inbound-smtp.us-east-1.amazonaws.com."]},
        "dns_mx",
        "error",
        "us-east-1",
    ),
    "SES behind": ({MX: ["5 mx.example.net.", f"10 {SES}"]}, "dns_mx", "error", "mx.example.net"),
    "SES before": ({MX: [f"5 {SES}", "10 mx.example.net."]}, "dns_mx", "warning", "Beside SES"),
    "no DMARC": ({DMARC: ['"unrelated"']}, "dns_dmarc", "warning", "no DMARC record"),
    "two of DMARC": (
        {DMARC: ['"v=DMARC1; p=none"', '"v=DMARC1; p=reject"']},
        "dns_dmarc",
        "warning",
        "2 DMARC records",
    ),
    "bad DMARC": (
        {DMARC: ['"v=DMARC1; p=none; rua=dmarc@example.com"']},
        "dns_dmarc",
        "warning",
        "the tag rua",
    ),
    "no SPF": ({SPF: ['"unrelated"']}, "dns_spf", "warning", "no SPF record"),
    "two of SPF": (
        {SPF: ['"v=spf1 include:amazonses.com ~all"', '"v=spf1 -all"']},
        "dns_spf",
        "warning",
        "2 SPF records",
    ),
    "SPF of others": ({SPF: ['"v=spf1 a mx -all"']}, "dns_spf", "warning", "does not name SES"),
    "SPF behind all": (
        {SPF: ['"v=spf1 -all include:amazonses.com"']},
        "dns_spf",
        "warning",
        "does not name SES",
    ),
}


@pytest.mark.parametrize(("change", "code", "gravity", "says"), BREAKS.values(), ids=BREAKS)
def test_what_is_wrong_is_named_with_the_record_that_mends_it(
    site: Site, change: Zone, code: str, gravity: str, says: str
) -> None:
    site.zone.update(change)

    found = site.examined()

    assert wrong(found) == {code: gravity}
    assert says in found[code].says
    assert any(word in found[code].mend for word in (SES[:-1], "spf1 include", "v=DMARC1"))


def test_a_domain_above_speaks_for_those_below(site: Site) -> None:
    del site.zone[DMARC]
    site.zone[ABOVE] = ['"v=DMARC1; p=none; " "sp=Reject"']

    assert site.examined()["dns_dmarc"] == ok("dns_dmarc", "reject, by example.com.")


def test_who_receives_nothing_needs_no_mx(site: Site) -> None:
    del site.zone[MX]

    assert wrong(site.examined(inbound_queue_url=None)) == {}


def test_silence_is_not_known_and_not_waited_for() -> None:
    with silent() as server:
        began = time.monotonic()
        found = Site(server, {}).examined(patience=0.2)
        lasted = time.monotonic() - began

    assert wrong(found) == dict.fromkeys(("dns", "dns_mx", "dns_dmarc", "dns_spf"), "skipped")
    assert {one.because for one in found.values()} == {"", "dns"}
    assert "Not known" in found["dns"].says
    assert exit_status(found.values()) == 0
    assert lasted < 5  # as it is where nobody says how long


def test_a_server_that_fails_is_not_known_either(site: Site) -> None:
    site.zone.clear()
    site.zone.update(BROKEN)

    found = site.examined(patience=0.2)

    assert found["dns"].gravity == "skipped"
    assert exit_status(found.values()) == 0


def test_all_questions_have_one_patience(site: Site) -> None:
    site.zone |= {DMARC: None, SPF: None}

    found = site.examined(patience=1.0)

    assert wrong(found) == {"dns_dmarc": "skipped", "dns_spf": "skipped"}
    assert "Timeout" in found["dns_dmarc"].says
    assert found["dns_spf"].says == "Not known: no name server answers here (Timeout)."
