"""`python -m deploy.aws up|down --domain D`: what Postroom needs on an AWS account.

What happens is told on stderr, a line for each resource. `up` ends with lines for .env on stdout,
and the DNS records as comments above them. Exit 1 where AWS or what is there does not let it, 2
for what makes no sense. Either may be run again, and goes on where it ended.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from deploy.aws import queues, runner
from deploy.aws.blueprint import KEEP_MAIL_DAYS, Blueprint, BlueprintError
from deploy.aws.clients import connect
from deploy.aws.identity import Identity
from deploy.aws.inventory import resources
from deploy.aws.policies import SERVICES
from deploy.aws.records import records, settings
from deploy.aws.resource import Account
from deploy.aws.trust import NAMESPACE, SERVICE, of_service_accounts

_NO_TRUST = ""


def main() -> int:
    """The exit code."""
    flags = _flags()
    try:
        account = _account(flags)
        return _up(account, flags) if flags.command == "up" else _down(account, flags)
    except BlueprintError as error:
        return _say(2, str(error))
    except runner.RefusedError as refused:
        return _say(1, "Nothing was done.", *refused.args)
    except ClientError as error:
        told = error.response.get("Error", {})
        return _say(1, f"{error.operation_name}: {told.get('Code')}: {told.get('Message')}")
    except BotoCoreError as error:
        return _say(1, str(error))


def _up(account: Account, flags: argparse.Namespace) -> int:
    changes, trust = 0, _trust(account, flags)
    for step in runner.up(resources(account, trust), dry_run=flags.dry_run):
        _say(0, str(step))
        changes += step.is_change
    if not changes:
        _say(0, "Nothing has changed: all of it was there.")
    lines = [*_told(account), *(_roles(account) if trust else [])]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


def _told(account: Account) -> Iterator[str]:
    """DNS as comments, then the settings: the whole can be appended to .env."""
    identity = Identity(account).shown()
    shown: Mapping[str, Any] = identity or {}
    dkim, mail_from = shown.get("DkimAttributes", {}), shown.get("MailFromAttributes", {})
    yield "# DNS records to set:" if shown else "# DNS records to set, and the three of DKIM:"
    for record in records(
        account.blueprint,
        dkim.get("Tokens", []),
        dkim.get("SigningHostedZone", ""),
        mail_from.get("MailFromDomain", ""),
    ):
        yield f"# {record}  ({record.why})"
    feedback = queues.of_flow(account, "feedback").url()
    inbound = queues.of_flow(account, "inbound").url()
    if feedback and inbound:
        for name, value in settings(account.blueprint, feedback, inbound).items():
            yield f"{name}={value}"


def _roles(account: Account) -> Iterator[str]:
    """As the annotations of service accounts have them."""
    yield "# Roles of the services:"
    for service in SERVICES:
        yield f"# {service} {account.blueprint.role_arn(service)}"


def _down(account: Account, flags: argparse.Namespace) -> int:
    kept = 0
    for step in runner.down(resources(account, _NO_TRUST), dry_run=flags.dry_run):
        _say(0, str(step))
        kept += step.is_kept
    return 1 if kept else 0


def _account(flags: argparse.Namespace) -> Account:
    session = boto3.session.Session(region_name=flags.region)
    if not session.region_name:
        raise BlueprintError("--region is needed, or a region in AWS's own settings.")
    clients = connect(session)
    caller = clients.sts.get_caller_identity()
    blueprint = Blueprint(
        domain=flags.domain,
        region=session.region_name,
        account=caller["Account"],
        name=flags.name,
        partition=caller["Arn"].split(":")[1],
        rule_set=flags.rule_set,
        bucket=flags.bucket,
        keep_mail_days=flags.keep_mail_days,
    )
    return Account(clients, blueprint, flags.adopt, flags.replace_rule_set, flags.delete_mail)


def _trust(account: Account, flags: argparse.Namespace) -> str | None:
    if flags.oidc_provider is not None:
        number = account.blueprint.account
        return of_service_accounts(flags.oidc_provider, flags.namespace, number)
    return _read(flags.trust) if flags.trust else None


def _read(path: Path) -> str:
    try:
        text = path.read_text()
        json.loads(text)
    except (OSError, ValueError) as error:
        raise BlueprintError(f"{path} is not a trust policy in JSON: {error}") from None
    return text


def _flags() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.aws")
    parser.set_defaults(
        adopt=False, replace_rule_set=False, delete_mail=False, keep_mail_days=KEEP_MAIL_DAYS
    )
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="make it, or mend it")
    down = commands.add_parser("down", help="take away what up has made; with up's own arguments")
    for command in (up, down):
        _add_common(command)
    up.add_argument("--keep-mail-days", type=int, default=KEEP_MAIL_DAYS, metavar="DAYS")
    up.add_argument("--adopt", action="store_true", help="take over what has its names")
    up.add_argument(
        "--replace-rule-set", action="store_true", help="another receipt rule set is active: end it"
    )
    _add_roles(up)
    down.add_argument("--delete-mail", action="store_true", help="the bucket with all mail in it")
    return parser.parse_args()


def _add_roles(up: argparse.ArgumentParser) -> None:
    roles = up.add_mutually_exclusive_group()
    roles.add_argument(
        "--oidc-provider",
        metavar="ARN",
        help="make a role for each service too, for the service accounts of this cluster (IRSA)",
    )
    roles.add_argument(
        "--trust",
        type=Path,
        metavar="FILE",
        help=f"the same by a trust policy of yours; {SERVICE} in it is the service's name",
    )
    words = f"of the service accounts ({NAMESPACE})"
    up.add_argument("--namespace", default=NAMESPACE, help=words)


def _add_common(command: argparse.ArgumentParser) -> None:
    command.add_argument("--domain", required=True, help="that mail is from, and comes to")
    command.add_argument("--region", help="else the one of AWS's own settings")
    command.add_argument("--name", default="postroom", help="at the beginning of all names")
    command.add_argument("--rule-set", default="", help="put the receipt rule into this one")
    command.add_argument("--bucket", default="", help="of received mail")
    command.add_argument("--dry-run", action="store_true", help="only look, and say what would be")


def _say(code: int, *sentences: str) -> int:
    sys.stderr.write("".join(f"{one}\n" for one in sentences))
    return code


if __name__ == "__main__":
    sys.exit(main())
