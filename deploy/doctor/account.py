"""The AWS account: whose credentials these are, and whether SES lets it send.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from deploy.doctor.asking import Trouble, unanswered
from deploy.doctor.findings import Finding, Gravity, Subject, error, judged, ok, warning
from deploy.doctor.world import World

SUBJECT: Final = Subject(
    "account",
    {
        "credentials": "AWS answers, and knows the credentials.",
        "ses_sandbox": "SES has let the account out of its sandbox.",
        "ses_enforcement": "SES has nothing against the account (`EnforcementStatus`).",
        "ses_sending": "Sending is enabled for the account.",
        "ses_quota": "A fifth of the 24 hours' quota is left.",
    },
    needs=("settings",),
)
NEARLY: Final = 0.8
_ASK_AWS: Final = "Answer SES's case in the AWS support center; then make the causes stop."
_ENFORCEMENT: Final[Mapping[str, tuple[Gravity, str]]] = {
    "HEALTHY": ("ok", "HEALTHY."),
    "PROBATION": ("warning", "SES reviews the account (PROBATION) and may stop it."),
    "SHUTDOWN": ("error", "SES has stopped the account (SHUTDOWN)."),
}


def examine(world: World) -> Iterator[Finding]:
    caller = world.ask("sts", "get_caller_identity")
    if isinstance(caller, Trouble):
        yield judge_trouble(caller)
        return
    world.account = caller["Account"]
    yield ok("credentials", f"Account {world.account}, {caller['Arn']}.")
    account = world.ask("sesv2", "get_account")
    if isinstance(account, Trouble):
        yield unanswered("ses_sandbox", account)
    else:
        yield from judge(account)


def judge_trouble(trouble: Trouble) -> Finding:
    if trouble.kind != "credentials":
        return unanswered("credentials", trouble)
    says = f"AWS does not take the credentials ({trouble.code})."
    return error("credentials", says, "aws sts get-caller-identity  # as the user of the services")


def judge(account: Mapping[str, Any]) -> Iterator[Finding]:
    """`account`: the answer of GetAccount."""
    yield judged(
        "ses_sandbox",
        account.get("ProductionAccessEnabled", False),
        "The account may write to everybody.",
        "The account is in the sandbox: it may write to verified addresses alone.",
        "aws sesv2 put-account-details --production-access-enabled --mail-type TRANSACTIONAL"
        " --website-url https://...",
    )
    status = account.get("EnforcementStatus", "HEALTHY")
    gravity, says = _ENFORCEMENT.get(status, ("warning", f"SES says {status}."))
    yield Finding("ses_enforcement", gravity, says, "" if gravity == "ok" else _ASK_AWS)
    yield judged(
        "ses_sending",
        account.get("SendingEnabled", False),
        "Sending is enabled.",
        "Sending is paused for the whole account.",
        "aws sesv2 put-account-sending-attributes --sending-enabled",
    )
    yield judge_quota(account.get("SendQuota") or {})


def judge_quota(quota: Mapping[str, float]) -> Finding:
    most, sent = quota.get("Max24HourSend", 0), quota.get("SentLast24Hours", 0)
    if most < 0:
        return ok("ses_quota", "There is no limit.")
    says = f"{sent:.0f} of {most:.0f} recipients of the last 24 hours are used."
    mend = "aws service-quotas request-service-quota-increase --service-code ses ..."
    if sent >= most:
        return error("ses_quota", f"{says} Nothing is sent until some are over.", mend)
    return warning("ses_quota", says, mend) if sent >= NEARLY * most else ok("ses_quota", says)
