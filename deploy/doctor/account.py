"""The AWS account: whose credentials these are, and whether SES lets it send.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html
"""

from collections.abc import Iterator
from typing import Final

from common import checks
from deploy.doctor.asking import Trouble, unanswered
from deploy.doctor.findings import Finding, Subject, error, ok
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
        yield from checks.account(account)


def judge_trouble(trouble: Trouble) -> Finding:
    if trouble.kind != "credentials":
        return unanswered("credentials", trouble)
    says = f"AWS does not take the credentials ({trouble.code})."
    return error("credentials", says, "aws sts get-caller-identity  # as the user of the services")
