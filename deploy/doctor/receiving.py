"""How SES receives: its receipt rule, and the bucket that the mail lies in.

https://docs.aws.amazon.com/ses/latest/dg/receiving-email-concepts.html
"""

import socket
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from deploy.doctor import arns, policies
from deploy.doctor.asking import Json, Trouble, unanswered
from deploy.doctor.findings import UP, Finding, Subject, error, judged, ok, warning
from deploy.doctor.topic import judge_policy
from deploy.doctor.world import World

SUBJECT: Final = Subject(
    "receiving",
    {
        "inbound_region": "SES receives in `POSTROOM_AWS_REGION`.",
        "receipt_rule_set": "A receipt rule set is active.",
        "receipt_rule": "A rule of it is for the domain.",
        "receipt_rule_enabled": "The rule is enabled.",
        "receipt_rule_scan": "It looks for spam and viruses.",
        "receipt_rule_action": "It has one S3 action, with a topic and without a KMS key.",
        "inbound_bucket": "The bucket of that action is there.",
        "inbound_bucket_policy": "Its policy lets SES write.",
    },
    needs=("credentials", "inbound_queue_url"),
)
Resolve = Callable[[str, int], object]


def receives_in(region: str, resolve: Resolve = socket.getaddrinfo) -> bool:
    """Where SES receives it has an endpoint by this name, and elsewhere no name.
    https://docs.aws.amazon.com/general/latest/gr/ses.html
    """
    try:
        resolve(f"inbound-smtp.{region}.amazonaws.com", 25)
    except OSError:
        return False
    return True


def examine(world: World) -> Iterator[Finding]:
    region = world.settings.aws_region
    # A double of AWS is wherever it is asked for.
    yield judge_region(region, world.settings.aws_url is not None or receives_in(region))
    active = world.ask("ses", "describe_active_receipt_rule_set")
    if isinstance(active, Trouble):
        yield unanswered("receipt_rule_set", active)
        return
    name, rule = active.get("Metadata", {}).get("Name"), rule_for(active, world.domain)
    yield from judge_rule(name, rule, world.domain)
    action = None if rule is None else s3_action(rule)
    if rule is None or action is None:
        return
    world.topics["inbound"] = action["TopicArn"]
    source = f"receipt-rule-set/{name}:receipt-rule/{rule['Name']}"
    world.receipt_rule = arns.of_ses(region, world.account, source)
    yield from _bucket(world, action["BucketName"], action.get("ObjectKeyPrefix", ""))


def judge_region(region: str, receives: bool) -> Finding:
    if receives:
        return ok("inbound_region", f"SES receives in {region}.")
    says = f"SES does not receive in {region}, or DNS does not answer here."
    return warning("inbound_region", says, "export POSTROOM_AWS_REGION=...  # one that does")


def rule_for(active: Mapping[str, Any], domain: str | None) -> Json | None:
    """Of those for the domain the first that is enabled and stores, else the first that stores."""
    rules = [rule for rule in active.get("Rules", []) if _is_for(rule, domain)]
    rules.sort(key=lambda rule: (s3_action(rule) is None, not rule.get("Enabled")))
    return rules[0] if rules else None


def _is_for(rule: Mapping[str, Any], domain: str | None) -> bool:
    """No recipients: every domain of the account. `.example.com`: what lies below it."""
    recipients = rule.get("Recipients") or []
    return not recipients or domain is None or any(_covers(one, domain) for one in recipients)


def _covers(recipient: str, domain: str) -> bool:
    name = recipient.lower()
    return domain.endswith(name) if name.startswith(".") else name == domain


def s3_action(rule: Mapping[str, Any]) -> Json | None:
    """The one that stores and tells of it; None unless it is the only one, and to be read."""
    found = [one["S3Action"] for one in rule.get("Actions", []) if "S3Action" in one]
    if len(found) != 1 or not found[0].get("TopicArn") or found[0].get("KmsKeyArn"):
        return None
    action: Json = found[0]
    return action


def judge_rule(name: str | None, rule: Json | None, domain: str | None) -> Iterator[Finding]:
    if name is None:
        yield error("receipt_rule_set", "None is active: SES receives nothing.", UP)
        return
    yield ok("receipt_rule_set", f"{name} is active.")
    if rule is None:
        yield error("receipt_rule", f"{name} has no rule for {domain}.", UP)
        return
    yield ok("receipt_rule", f"{rule['Name']}.")
    off = f"{rule['Name']} is switched off: nothing is received."
    yield judged("receipt_rule_enabled", rule.get("Enabled", False), "It is enabled.", off, UP)
    if rule.get("ScanEnabled"):
        yield ok("receipt_rule_scan", "It looks for spam and viruses.")
    else:
        says = "It does not: mail has no verdicts of them, and attachments are given out unseen."
        yield warning("receipt_rule_scan", says, UP)
    yield judged(
        "receipt_rule_action",
        s3_action(rule) is not None,
        "It stores, and tells the topic.",
        f"{rule['Name']} should have one S3 action with an SNS topic, and no KMS key.",
        UP,
    )


def _bucket(world: World, bucket: str, prefix: str) -> Iterator[Finding]:
    found = world.ask("s3", "head_bucket", Bucket=bucket)
    if isinstance(found, Trouble):
        missing = error("inbound_bucket", f"The bucket {bucket} is not there.", UP)
        yield missing if found.kind == "missing" else unanswered("inbound_bucket", found)
        return
    yield ok("inbound_bucket", f"{bucket}.")
    answer = world.ask("s3", "get_bucket_policy", Bucket=bucket)
    if isinstance(answer, Trouble) and answer.kind != "missing":
        yield unanswered("inbound_bucket_policy", answer)
        return
    policy = "" if isinstance(answer, Trouble) else answer["Policy"]
    resource = f"arn:{arns.partition(world.settings.aws_region)}:s3:::{bucket}/{prefix}mail"
    request = policies.ses("s3:PutObject", resource, world.account, world.receipt_rule)
    yield judge_policy("inbound_bucket_policy", policy, request, "SES write")
