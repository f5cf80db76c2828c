"""The domain that mail is sent from, as SES knows it.

A domain may also send by the identity of one that it lies below.
https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
https://docs.aws.amazon.com/ses/latest/dg/mail-from.html
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from deploy.doctor.asking import Ask, Json, Trouble, unanswered
from deploy.doctor.findings import UP, Finding, Subject, error, judged, ok, warning
from deploy.doctor.world import World

SUBJECT: Final = Subject(
    "identity",
    {
        "identity": "SES knows the domain (the default one, or the newest inbox's) as verified.",
        "identity_dkim": "Its mail is signed by DKIM.",
        "identity_mail_from": "It has a MAIL FROM domain of its own, so that SPF aligns.",
    },
    needs=("credentials",),
)
_DNS: Final = "Put the records into DNS: aws sesv2 get-email-identity --email-identity "


def examine(world: World) -> Iterator[Finding]:
    if world.domain is None:
        says = "POSTROOM_DEFAULT_DOMAIN is not set, and there is no inbox to tell a domain."
        yield warning("identity", says, "export POSTROOM_DEFAULT_DOMAIN=mail.example.com")
        return
    name, found = look(world.ask, world.domain)
    if isinstance(found, Trouble):
        yield judge_trouble(world.domain, found)
        return
    world.mail_from = (found.get("MailFromAttributes") or {}).get("MailFromDomain", "")
    yield from judge(name, found)


def look(ask: Ask, domain: str) -> tuple[str, Json | Trouble]:
    """The nearest identity that covers the domain, by its name."""
    answer: Json | Trouble = Trouble("missing", "ses:GetEmailIdentity", "NotFoundException")
    for name in covering(domain):
        answer = ask("sesv2", "get_email_identity", EmailIdentity=name)
        if not (isinstance(answer, Trouble) and answer.kind == "missing"):
            return name, answer
    return domain, answer


def covering(domain: str) -> list[str]:
    """The domain, and those above it, but for the top level."""
    labels = domain.split(".")
    return [".".join(labels[at:]) for at in range(max(1, len(labels) - 1))]


def judge_trouble(domain: str, trouble: Trouble) -> Finding:
    if trouble.kind != "missing":
        return unanswered("identity", trouble)
    return error("identity", f"SES does not know {domain}.", UP)


def judge(name: str, identity: Mapping[str, Any]) -> Iterator[Finding]:
    """`identity`: the answer of GetEmailIdentity."""
    verified = identity.get("VerifiedForSendingStatus", False)
    wrong = f"{name} is not verified."
    yield judged("identity", verified, f"{name} is verified.", wrong, _DNS + name)
    if verified:
        yield judge_dkim(name, identity.get("DkimAttributes") or {})
        yield judge_mail_from(name, identity.get("MailFromAttributes") or {})


def judge_dkim(name: str, dkim: Mapping[str, Any]) -> Finding:
    if not dkim.get("SigningEnabled"):
        mend = "aws sesv2 put-email-identity-dkim-attributes --signing-enabled --email-identity "
        return error("identity_dkim", "DKIM is switched off.", mend + name)
    status = dkim.get("Status")
    wrong = f"The keys of DKIM are not found in DNS ({status})."
    return judged("identity_dkim", status == "SUCCESS", "Mail is signed.", wrong, _DNS + name)


def judge_mail_from(name: str, mail_from: Mapping[str, Any]) -> Finding:
    domain, status = mail_from.get("MailFromDomain"), mail_from.get("MailFromDomainStatus")
    if not domain:
        says = "The return path is amazonses.com's: mail passes DMARC by DKIM alone."
        return warning("identity_mail_from", says, UP)
    if status == "SUCCESS":
        return ok("identity_mail_from", f"{domain}.")
    rejects = mail_from.get("BehaviorOnMxFailure") == "REJECT_MESSAGE"
    say = error if rejects else warning
    meanwhile = "SES sends nothing" if rejects else "amazonses.com's is used"
    says = f"The MX record of {domain} is not found ({status}): {meanwhile} meanwhile."
    return say("identity_mail_from", says, _DNS + name)
