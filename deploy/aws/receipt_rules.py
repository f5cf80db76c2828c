"""SES: what becomes of mail that comes in. One rule set of a region is active, and no more.

Another set that is active is somebody's mail, so `up` does nothing until it is told which of two is
wanted: our rule in that set (`--rule-set ITS-NAME`), or that set no longer active
(`--replace-rule-set`). It does not choose by itself: the set's name is in the policies of the
bucket and the topic, and what they say should follow from the arguments, not from the day.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from deploy.aws import desired
from deploy.aws.comparison import differing
from deploy.aws.resource import Account, Found, is_missing

if TYPE_CHECKING:
    from mypy_boto3_ses.type_defs import ReceiptRuleOutputTypeDef


def rules(account: Account) -> "list[ReceiptRuleOutputTypeDef] | None":
    """Of the set that ours is in; None where there is no such set."""
    try:
        name = account.blueprint.receipt_rule_set
        return account.clients.ses.describe_receipt_rule_set(RuleSetName=name).get("Rules", [])
    except ClientError as error:
        if is_missing(error):
            return None
        raise


def _kept(account: Account) -> str:
    name = account.blueprint.receipt_rule
    strange = any(one["Name"] != name for one in rules(account) or [])
    return "There are rules in it that Postroom has not made." if strange else ""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rule sets carry no tags: the one that is named after the installation is ours."""

    account: Account

    @property
    def title(self) -> str:
        return f"SES receipt rule set {self.account.blueprint.receipt_rule_set}"

    def find(self) -> Found | None:
        if rules(self.account) is None:
            return None
        return Found(is_ours=self.account.blueprint.owns_rule_set, kept=_kept(self.account))

    def make(self) -> None:
        self.account.clients.ses.create_receipt_rule_set(
            RuleSetName=self.account.blueprint.receipt_rule_set
        )

    def mend(self) -> None:
        """A name is all that it has."""

    def delete(self) -> None:
        """After its rule, and after it is active no more."""
        self.account.clients.ses.delete_receipt_rule_set(
            RuleSetName=self.account.blueprint.receipt_rule_set
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """Ours if it puts mail into our bucket."""

    account: Account

    @property
    def title(self) -> str:
        return f"SES receipt rule {self.account.blueprint.receipt_rule}"

    def find(self) -> Found | None:
        name = self.account.blueprint.receipt_rule
        shown = next((one for one in rules(self.account) or [] if one["Name"] == name), None)
        if shown is None:
            return None
        wanted = desired.receipt_rule(self.account.blueprint)
        buckets = {one.get("S3Action", {}).get("BucketName") for one in shown.get("Actions", [])}
        if self.account.blueprint.mail_bucket in buckets or self.account.adopt:
            return Found(differs=differing(wanted, shown))
        words = f"{self.title} is there, and puts mail elsewhere. --adopt takes it over."
        return Found(is_ours=False, refusal=words)

    def make(self) -> None:
        """Behind those that are there, which go on as before."""
        others = rules(self.account) or []
        rule_set = self.account.blueprint.receipt_rule_set
        rule = desired.receipt_rule(self.account.blueprint)
        if others:
            self.account.clients.ses.create_receipt_rule(
                RuleSetName=rule_set, After=others[-1]["Name"], Rule=rule
            )
        else:
            self.account.clients.ses.create_receipt_rule(RuleSetName=rule_set, Rule=rule)

    def mend(self) -> None:
        self.account.clients.ses.update_receipt_rule(
            RuleSetName=self.account.blueprint.receipt_rule_set,
            Rule=desired.receipt_rule(self.account.blueprint),
        )

    def delete(self) -> None:
        self.account.clients.ses.delete_receipt_rule(
            RuleSetName=self.account.blueprint.receipt_rule_set,
            RuleName=self.account.blueprint.receipt_rule,
        )


@dataclass(frozen=True, slots=True)
class ActiveRuleSet:
    """That the set is the active one."""

    account: Account

    @property
    def title(self) -> str:
        return f"SES active rule set {self.account.blueprint.receipt_rule_set}"

    def find(self) -> Found | None:
        active = self._active()
        if not active:
            return None
        blueprint = self.account.blueprint
        if active == blueprint.receipt_rule_set:
            return Found(is_ours=blueprint.owns_rule_set, kept=_kept(self.account))
        differs = f"{active} is active"
        if self.account.replace_rule_set:
            return Found(is_ours=False, differs=(differs,))
        words = (
            f"The receipt rule set {active} is active, and only one can be. "
            f"--rule-set {active} puts Postroom's rule into it; --replace-rule-set ends it."
        )
        return Found(is_ours=False, differs=(differs,), refusal=words)

    def make(self) -> None:
        self.account.clients.ses.set_active_receipt_rule_set(
            RuleSetName=self.account.blueprint.receipt_rule_set
        )

    mend = make

    def delete(self) -> None:
        """No set is active then."""
        self.account.clients.ses.set_active_receipt_rule_set()

    def _active(self) -> str:
        shown = self.account.clients.ses.describe_active_receipt_rule_set()
        return shown.get("Metadata", {}).get("Name", "")
