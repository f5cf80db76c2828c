"""What shall be on an AWS account for Postroom: names, ARNs, and who may do what. Pure.

`up` makes it so, the doctor looks whether it is. The settings of each resource are in `desired.py`.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from deploy.aws import policies

Flow = Literal["feedback", "inbound"]
"""What SES tells of: mail that was sent, or mail that has come in. Each has a topic and a queue."""

FLOWS: Final[tuple[Flow, ...]] = ("feedback", "inbound")
TAG: Final = "postroom"
"""The tag of all that `up` has made; its value is the installation's name."""
KEEP_MAIL_DAYS: Final = 90
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,28}[a-z0-9])?")
_DOMAIN: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
_LONGEST_DOMAIN: Final = 253


class BlueprintError(ValueError):
    """What was asked for cannot be; the message is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class Blueprint:
    """One installation. `name` is at the beginning of every name, and the configuration set's whole
    name. `rule_set` and `bucket` are named after it where they are empty.
    """

    domain: str
    region: str
    account: str
    name: str = "postroom"
    partition: str = "aws"
    rule_set: str = ""
    bucket: str = ""
    keep_mail_days: int = KEEP_MAIL_DAYS

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):  # with account and region a bucket's name: 63 characters
            raise BlueprintError("The name must be 1 to 30 of a-z, 0-9 and inner hyphens.")
        if not _DOMAIN.fullmatch(self.domain) or len(self.domain) > _LONGEST_DOMAIN:
            raise BlueprintError("The domain must be as in DNS, in lower case: mail.example.com.")
        if self.keep_mail_days < 1:
            raise BlueprintError("Received mail is kept for a day at least.")

    def topic(self, flow: Flow) -> str:
        return f"{self.name}-{flow}"

    def topic_arn(self, flow: Flow) -> str:
        return self._arn("sns", self.topic(flow))

    def queue(self, flow: Flow) -> str:
        return f"{self.name}-{flow}"

    def queue_arn(self, flow: Flow) -> str:
        return self._arn("sqs", self.queue(flow))

    def dead_letters(self, flow: Flow) -> str:
        """The queue of what could not be read."""
        return f"{self.name}-{flow}-dead"

    def dead_letters_arn(self, flow: Flow) -> str:
        return self._arn("sqs", self.dead_letters(flow))

    @property
    def mail_bucket(self) -> str:
        """Buckets of all accounts share their names."""
        return self.bucket or f"{self.name}-mail-{self.account}-{self.region}"

    @property
    def bucket_arn(self) -> str:
        return f"arn:{self.partition}:s3:::{self.mail_bucket}"

    @property
    def configuration_set_arn(self) -> str:
        return self._arn("ses", f"configuration-set/{self.name}")

    @property
    def identity_arn(self) -> str:
        return self._arn("ses", f"identity/{self.domain}")

    @property
    def mail_from(self) -> str:
        """The domain of the return path, so that SPF aligns (RFC 7489 section 3.1.2)."""
        return f"bounce.{self.domain}"

    @property
    def receipt_rule_set(self) -> str:
        return self.rule_set or self.name

    @property
    def owns_rule_set(self) -> bool:
        """False where the rule is put into a set that somebody else has made."""
        return self.receipt_rule_set == self.name

    @property
    def receipt_rule(self) -> str:
        return f"{self.name}-inbound"

    @property
    def receipt_rule_arn(self) -> str:
        return self._arn(
            "ses", f"receipt-rule-set/{self.receipt_rule_set}:receipt-rule/{self.receipt_rule}"
        )

    def policy_name(self, service: policies.Service) -> str:
        """Of its IAM policy, and of its role."""
        return f"{self.name}-{service}"

    def policy_arn(self, service: policies.Service) -> str:
        return f"arn:{self.partition}:iam::{self.account}:policy/{self.policy_name(service)}"

    def role_arn(self, service: policies.Service) -> str:
        return f"arn:{self.partition}:iam::{self.account}:role/{self.policy_name(service)}"

    def topic_policy(self, flow: Flow) -> policies.Policy:
        teller = self.configuration_set_arn if flow == "feedback" else self.receipt_rule_arn
        return policies.topic(self.topic_arn(flow), self.account, teller)

    def bucket_policy(self) -> policies.Policy:
        return policies.bucket(self.bucket_arn, self.account, self.receipt_rule_arn)

    def service_policy(self, service: policies.Service) -> policies.Policy:
        """Least privilege; of all services but the webhooks, who call nothing of AWS."""
        return {
            "api": policies.api(self.bucket_arn),
            "sender": policies.sender(self.identity_arn, self.configuration_set_arn),
            "status": policies.status(self.queue_arn("feedback")),
            "inbound": policies.inbound(self.queue_arn("inbound"), self.bucket_arn),
        }[service]

    def _arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"
