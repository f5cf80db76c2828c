"""What only the owner of the domain can do, and the settings of what was made; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from deploy.aws.blueprint import Blueprint

SES: Final = "amazonses.com"
"""The domain that SES sends from, and the name of its SPF record."""
_DKIM_ZONE: Final = f"dkim.{SES}"
_FIRST: Final = 10
"""The preference of an MX record; there is one host."""


@dataclass(frozen=True, slots=True)
class Record:
    """Of DNS, as a zone file has it. `why` for a person."""

    name: str
    kind: str
    value: str
    why: str

    def __str__(self) -> str:
        return f"{self.name} {self.kind} {self.value}"


def records(
    blueprint: Blueprint, dkim_tokens: Sequence[str], dkim_zone: str = "", mail_from: str = ""
) -> Iterator[Record]:
    """`dkim_tokens` and `dkim_zone` as SES gives them for the identity; `mail_from`: its return
    path, where it is not the blueprint's.
    """
    domain, region = blueprint.domain, blueprint.region
    for token in dkim_tokens:
        name = f"{token}._domainkey.{domain}"
        yield Record(name, "CNAME", f"{token}.{dkim_zone or _DKIM_ZONE}", "DKIM")
    bounce = mail_from or blueprint.mail_from
    host = f"{_FIRST} feedback-smtp.{region}.{SES}"
    yield Record(bounce, "MX", host, "bounces come back to SES")
    yield spf(bounce)
    yield receiving(domain, region)
    yield dmarc(domain)


def spf(mail_from: str) -> Record:
    """RFC 7208. https://docs.aws.amazon.com/ses/latest/dg/mail-from.html"""
    value = f'"v=spf1 include:{SES} ~all"'
    return Record(mail_from, "TXT", value, "SPF, for the return path")


def inbound_host(region: str) -> str:
    """Where SES receives. https://docs.aws.amazon.com/general/latest/gr/ses.html"""
    return f"inbound-smtp.{region}.amazonaws.com"


def receiving(domain: str, region: str) -> Record:
    host = f"{_FIRST} {inbound_host(region)}"
    return Record(domain, "MX", host, f"ALL mail to {domain} comes to Postroom")


def dmarc(domain: str) -> Record:
    """RFC 7489."""
    why = "DMARC: add rua=, read its reports, then p=quarantine, then p=reject"
    return Record(f"_dmarc.{domain}", "TXT", '"v=DMARC1; p=none"', why)


def settings(
    blueprint: Blueprint, feedback_queue_url: str, inbound_queue_url: str
) -> Mapping[str, str]:
    """Of Postroom's environment."""
    return {
        "POSTROOM_AWS_REGION": blueprint.region,
        "POSTROOM_CONFIGURATION_SET": blueprint.name,
        "POSTROOM_FEEDBACK_QUEUE_URL": feedback_queue_url,
        "POSTROOM_INBOUND_QUEUE_URL": inbound_queue_url,
        "POSTROOM_DEFAULT_DOMAIN": blueprint.domain,
    }
