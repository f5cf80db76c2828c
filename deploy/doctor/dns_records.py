"""What DNS says of the domain, to whoever sends it mail, or gets mail from it.

DKIM's records, and the MX record of the MAIL FROM domain, are SES's own to find: `identity_dkim`
and `identity_mail_from` say what it has found. No answer is no finding, neither good nor bad.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from deploy.aws import records
from deploy.doctor import dmarc
from deploy.doctor.findings import Finding, Subject, error, ok, skipped, warning
from deploy.doctor.identity import covering
from deploy.doctor.nameserver import Dns, Exchange, Silence
from deploy.doctor.world import World

SUBJECT: Final = Subject(
    "dns",
    {
        "dns": "A name server answers.",
        "dns_mx": "If mail is received: the domain's MX record is SES's, of the region.",
        "dns_dmarc": "One DMARC record, that can be read, is for the domain.",
    },
    needs=("settings",),
)
RETURN_PATH: Final = Subject(
    "return path",
    {"dns_spf": "One SPF record of the MAIL FROM domain lets SES send."},
    needs=("dns", "identity"),
)
NOT_ASKED: Final = "Not asked: with POSTROOM_AWS_URL mail comes and goes without it."
_MOST_NAMES: Final = 5
"""Of those that a DMARC record is looked for at."""


def examine(world: World) -> Iterator[Finding]:
    if world.dns is None:
        yield from (ok(code, NOT_ASKED) for code in SUBJECT.codes)
        return
    if world.domain is None:
        yield skipped("dns", "identity")  # which says that there is no domain
        return
    found = world.dns.mx(world.domain)
    if isinstance(found, Silence):
        yield unknown("dns", found)
        return
    yield ok("dns", "It answers.")
    if world.settings.inbound_queue_url is None:
        yield ok("dns_mx", "Nothing is received: POSTROOM_INBOUND_QUEUE_URL is not set.")
    else:
        yield judge_mx(world.domain, world.settings.aws_region, found)
    yield _dmarc(world.dns, world.domain)


def examine_return_path(world: World) -> Iterator[Finding]:
    if world.dns is None:
        yield ok("dns_spf", NOT_ASKED)
    elif not world.mail_from:
        yield skipped("dns_spf", "identity_mail_from")
    else:
        yield _spf(world.dns, world.mail_from)


def unknown(code: str, silence: Silence) -> Finding:
    """It hides what comes behind it, and is not grave: a firewall is a reason too."""
    says = f"Not known: no name server answers here ({silence.why})."
    mend = "python -m deploy.doctor --nameserver 1.1.1.1  # or where public names can be asked for"
    return Finding(code, "skipped", says, mend)


def judge_mx(domain: str, region: str, found: Sequence[Exchange]) -> Finding:
    record = records.receiving(domain, region)
    wanted, mend = records.inbound_host(region), f"Put into DNS: {record}"
    if not found:
        return error("dns_mx", f"{domain} has no MX record: no mail comes to SES.", mend)
    others = sorted({one.host for one in found} - {wanted})
    if not others:
        return ok("dns_mx", f"{wanted}.")
    names = ", ".join(others[:3])
    if wanted in {one.host for one in found if one.preference == found[0].preference}:
        says = f"Beside SES there is {names}: what is sent there does not come here."
        return warning("dns_mx", says, f"Take them out of DNS, and leave: {record}")
    return error("dns_mx", f"The mail of {domain} goes to {names}, not to {wanted}.", mend)


def _dmarc(names: Dns, domain: str) -> Finding:
    """Of the nearest name that has one: receivers ask the domain, then the organization's, which
    they know by a list; every domain between has to be asked here (RFC 7489 section 6.6.3).
    """
    for name in covering(domain)[:_MOST_NAMES]:
        found = names.txt(f"_dmarc.{name}")
        if isinstance(found, Silence):
            return unknown("dns_dmarc", found)
        if ours := [text for text in found if dmarc.is_record(text)]:
            return judge_dmarc(domain, name, ours)
    says = f"There is no DMARC record of {domain}: large receivers ask for one."
    return warning("dns_dmarc", says, f"Put into DNS: {records.dmarc(domain)}")


def judge_dmarc(domain: str, name: str, found: Sequence[str]) -> Finding:
    """`name`: the domain, or one above it, that has these records."""
    mend = f"Leave one, such as: {records.dmarc(name)}"
    if len(found) > 1:
        says = f"There are {len(found)} DMARC records of {name}, so none counts."
        return warning("dns_dmarc", says, mend)
    try:
        tags = dmarc.tags(found[0])
    except dmarc.MalformedError as wrong:
        says = f"The DMARC record of {name} cannot be read: {wrong}. It may count as none."
        return warning("dns_dmarc", says, mend)
    policy = tags["p"] if name == domain else tags.get("sp", tags["p"])
    then = "" if policy != "none" else " It only asks for reports; quarantine and reject protect."
    return ok("dns_dmarc", f"{policy}, by {name}.{then}")


def _spf(names: Dns, domain: str) -> Finding:
    found = names.txt(domain)
    return unknown("dns_spf", found) if isinstance(found, Silence) else judge_spf(domain, found)


def judge_spf(domain: str, found: Sequence[str]) -> Finding:
    ours = [text for text in found if text.lower().partition(" ")[0] == "v=spf1"]
    mend = f"Put into DNS: {records.spf(domain)}"
    if not ours:
        says = f"{domain} has no SPF record: mail passes DMARC by DKIM alone."
        return warning("dns_spf", says, mend)
    if len(ours) > 1:
        says = f"{domain} has {len(ours)} SPF records, which is an error: none counts."
        return warning("dns_spf", says, f"Leave one: {records.spf(domain)}")
    if not lets_ses_send(ours[0]):
        return warning("dns_spf", f"The SPF record of {domain} does not name SES itself.", mend)
    return ok("dns_spf", f"SES may send as {domain}.")


def lets_ses_send(record: str) -> bool:
    """Terms count from left to right, and none behind `all` (RFC 7208 sections 4.6.2 and 5.1). What
    another domain's record includes is not followed.
    """
    terms = record.lower().split()[1:]
    for term in terms:
        if term.lstrip("+-~?") in (f"include:{records.SES}", "all"):
            return term[0] not in "-~?"
    return f"redirect={records.SES}" in terms
