"""What only the owner of the domain can do, and the settings of what was made; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from deploy.aws.blueprint import Blueprint

_DKIM_ZONE: Final = "dkim.amazonses.com"
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
    host = f"feedback-smtp.{region}.amazonses.com"
    yield Record(bounce, "MX", f"{_FIRST} {host}", "bounces come back to SES")
    yield Record(bounce, "TXT", '"v=spf1 include:amazonses.com ~all"', "SPF, for the return path")
    inbound = f"{_FIRST} inbound-smtp.{region}.amazonaws.com"
    yield Record(domain, "MX", inbound, f"ALL mail to {domain} comes to Postroom")
    yield Record(
        f"_dmarc.{domain}",
        "TXT",
        '"v=DMARC1; p=none"',
        "DMARC: add rua=, read its reports, then p=quarantine, then p=reject",
    )


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
