"""IAM: what each service may do, and, where a trust policy is given, the role that may do it.

Who may take a role depends on where Postroom runs (EKS, ECS, EC2), which is why the trust policy is
the operator's to write.
"""

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from deploy.aws.comparison import same
from deploy.aws.policies import Service
from deploy.aws.resource import Account, Found, is_missing, judged


@dataclass(frozen=True, slots=True)
class ServicePolicy:
    account: Account
    service: Service

    @property
    def title(self) -> str:
        return f"IAM policy {self.account.blueprint.policy_name(self.service)}"

    @property
    def _arn(self) -> str:
        return self.account.blueprint.policy_arn(self.service)

    @property
    def _document(self) -> str:
        return json.dumps(self.account.blueprint.service_policy(self.service))

    def find(self) -> Found | None:
        iam = self.account.clients.iam
        try:
            policy = iam.get_policy(PolicyArn=self._arn)["Policy"]
        except ClientError as error:
            if is_missing(error):
                return None
            raise
        shown: Any = iam.get_policy_version(
            PolicyArn=self._arn, VersionId=policy["DefaultVersionId"]
        )["PolicyVersion"]["Document"]
        differs = () if same(shown, self._document) else ("Document",)
        kept = "It is attached to somebody: detach it." if self._is_attached() else ""
        return judged(self.account, self.title, policy.get("Tags"), differs, kept)

    def make(self) -> None:
        self.account.clients.iam.create_policy(
            PolicyName=self.account.blueprint.policy_name(self.service),
            PolicyDocument=self._document,
            Tags=self.account.tags,
        )

    def mend(self) -> None:
        """A policy has room for five versions; only the one in force is of use."""
        iam = self.account.clients.iam
        iam.tag_policy(PolicyArn=self._arn, Tags=self.account.tags)
        self._delete_old_versions()
        iam.create_policy_version(
            PolicyArn=self._arn, PolicyDocument=self._document, SetAsDefault=True
        )

    def delete(self) -> None:
        self._delete_old_versions()
        self.account.clients.iam.delete_policy(PolicyArn=self._arn)

    def _is_attached(self) -> bool:
        """To anybody but the role of ours, which goes before it."""
        listed = self.account.clients.iam.list_entities_for_policy(PolicyArn=self._arn)
        roles = {one.get("RoleName") for one in listed["PolicyRoles"]}
        ours = {self.account.blueprint.policy_name(self.service)}
        return bool(roles - ours or listed["PolicyUsers"] or listed["PolicyGroups"])

    def _delete_old_versions(self) -> None:
        iam = self.account.clients.iam
        for one in iam.list_policy_versions(PolicyArn=self._arn)["Versions"]:
            if not one["IsDefaultVersion"]:
                iam.delete_policy_version(PolicyArn=self._arn, VersionId=one["VersionId"])


@dataclass(frozen=True, slots=True)
class Role:
    """Made after its policy, and with nothing but it attached. `trust`: who may take it."""

    account: Account
    service: Service
    trust: str

    @property
    def title(self) -> str:
        return f"IAM role {self._name}"

    @property
    def _name(self) -> str:
        return self.account.blueprint.policy_name(self.service)

    @property
    def _policy_arn(self) -> str:
        return self.account.blueprint.policy_arn(self.service)

    def find(self) -> Found | None:
        iam = self.account.clients.iam
        try:
            role = iam.get_role(RoleName=self._name)["Role"]
        except ClientError as error:
            if is_missing(error):
                return None
            raise
        attached, differs = self._attached(), []
        if self.trust and not same(role.get("AssumeRolePolicyDocument"), self.trust):
            differs.append("AssumeRolePolicyDocument")
        if self._policy_arn not in attached:
            differs.append("AttachedPolicies")
        others = set(attached) - {self._policy_arn}
        kept = "Other policies are attached to it: detach them." if others else ""
        return judged(self.account, self.title, role.get("Tags"), differs, kept)

    def make(self) -> None:
        iam = self.account.clients.iam
        iam.create_role(
            RoleName=self._name,
            AssumeRolePolicyDocument=self.trust,
            Tags=self.account.tags,
        )
        iam.attach_role_policy(RoleName=self._name, PolicyArn=self._policy_arn)

    def mend(self) -> None:
        iam = self.account.clients.iam
        iam.tag_role(RoleName=self._name, Tags=self.account.tags)
        iam.update_assume_role_policy(RoleName=self._name, PolicyDocument=self.trust)
        iam.attach_role_policy(RoleName=self._name, PolicyArn=self._policy_arn)

    def delete(self) -> None:
        iam = self.account.clients.iam
        if self._policy_arn in self._attached():
            iam.detach_role_policy(RoleName=self._name, PolicyArn=self._policy_arn)
        iam.delete_role(RoleName=self._name)

    def _attached(self) -> list[str]:
        listed = self.account.clients.iam.list_attached_role_policies(RoleName=self._name)
        return [one.get("PolicyArn", "") for one in listed["AttachedPolicies"]]
