"""Receipt rule sets of SES v1, over its query protocol. What comes in does not go by them: see
`receiving`.

https://docs.aws.amazon.com/ses/latest/APIReference/API_Operations.html
"""

from datetime import UTC, datetime
from typing import Any, Final

from deploy.local.aws import query
from deploy.local.aws.errors import AwsError
from deploy.local.aws.query import Body, is_true
from deploy.local.aws.ses.journal import iso
from deploy.local.aws.ses.receiving.received import NAME, TOPIC

NAMESPACE: Final = "http://ses.amazonaws.com/doc/2010-12-01/"
SET: Final = "postroom"
Rule = dict[str, Any]
RULE: Final[Rule] = {
    "Name": NAME,
    "Enabled": True,
    "TlsPolicy": "Optional",
    "Recipients": [],
    "Actions": [{"S3Action": {"BucketName": NAME, "TopicArn": TOPIC}}],
    "ScanEnabled": True,
}


class RuleSets:
    def __init__(self) -> None:
        self._sets: dict[str, list[Rule]] = {SET: [RULE]}
        self._active: str | None = SET
        self._since = iso(datetime.now(UTC))
        self.handle = query.service(
            {
                "CreateReceiptRuleSet": self.create_set,
                "DeleteReceiptRuleSet": self.delete_set,
                "ListReceiptRuleSets": self.list_sets,
                "DescribeReceiptRuleSet": self.describe_set,
                "SetActiveReceiptRuleSet": self.activate,
                "DescribeActiveReceiptRuleSet": self.describe_active,
                "CreateReceiptRule": self.create_rule,
                "UpdateReceiptRule": self.update_rule,
                "DeleteReceiptRule": self.delete_rule,
                "DescribeReceiptRule": self.describe_rule,
            },
            NAMESPACE,
        )

    def create_set(self, body: Body) -> Body:
        name = body["RuleSetName"]
        if name in self._sets:
            raise AwsError("AlreadyExists", f"Rule set already exists: {name}")
        self._sets[name] = []
        return {}

    def delete_set(self, body: Body) -> Body:
        if body["RuleSetName"] == self._active:
            raise AwsError("CannotDelete", f"Cannot delete active rule set: {self._active}")
        self._sets.pop(body["RuleSetName"], None)
        return {}

    def list_sets(self, _: Body) -> Body:
        return {"RuleSets": [self._metadata(name) for name in self._sets]}

    def describe_set(self, body: Body) -> Body:
        return {"Metadata": self._metadata(body["RuleSetName"]), "Rules": self._rules(body)}

    def activate(self, body: Body) -> Body:
        """Without a name: none is active."""
        if body.get("RuleSetName"):
            self._rules(body)
        self._active = body.get("RuleSetName") or None
        return {}

    def describe_active(self, _: Body) -> Body:
        return self.describe_set({"RuleSetName": self._active}) if self._active else {}

    def create_rule(self, body: Body) -> Body:
        rules, rule = self._rules(body), _rule(body["Rule"])
        names = [one["Name"] for one in rules]
        if rule["Name"] in names:
            raise AwsError("AlreadyExists", f"Rule already exists: {rule['Name']}")
        after = body.get("After")
        rules.insert(names.index(after) + 1 if after in names else 0, rule)
        return {}

    def update_rule(self, body: Body) -> Body:
        rules, rule = self._rules(body), _rule(body["Rule"])
        rules[self._index(rules, rule["Name"])] = rule
        return {}

    def delete_rule(self, body: Body) -> Body:
        rules = self._rules(body)
        rules[:] = [one for one in rules if one["Name"] != body["RuleName"]]
        return {}

    def describe_rule(self, body: Body) -> Body:
        rules = self._rules(body)
        return {"Rule": rules[self._index(rules, body["RuleName"])]}

    def _rules(self, body: Body) -> list[Rule]:
        name = body["RuleSetName"]
        if name not in self._sets:
            raise AwsError("RuleSetDoesNotExist", f"Rule set does not exist: {name}")
        return self._sets[name]

    def _index(self, rules: list[Rule], name: str) -> int:
        for at, rule in enumerate(rules):
            if rule["Name"] == name:
                return at
        raise AwsError("RuleDoesNotExist", f"Rule does not exist: {name}")

    def _metadata(self, name: str) -> Body:
        return {"Name": name, "CreatedTimestamp": self._since}


def _rule(told: Rule) -> Rule:
    """As SES shows it, with what was left out."""
    flags = {name: is_true(told.get(name, False)) for name in ("Enabled", "ScanEnabled")}
    return {"TlsPolicy": "Optional", "Recipients": [], "Actions": [], **told, **flags}
