"""Who may take the roles: the service accounts of a Kubernetes cluster that has an OIDC provider.

EKS calls it IRSA. The token of a pod names its service account (`sub`) and for whom it was made
(`aud`); without either of the two conditions any pod of the cluster could take any role.
https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
"""

import json
import re
from typing import Final

from deploy.aws import policies
from deploy.aws.blueprint import BlueprintError

SERVICE: Final = "${service}"
"""Stands in a trust policy for the service's name."""
NAMESPACE: Final = "postroom"
"""That of `deploy/k8s`."""
_PROVIDER: Final = re.compile(
    r"arn:aws[a-z-]*:iam::(?P<account>[0-9]{12}):oidc-provider/(?P<issuer>[A-Za-z0-9./_-]+)"
)
_NAMESPACE: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")  # RFC 1123 section 2.1


def of_service_accounts(provider: str, namespace: str, account: str) -> str:
    """A trust policy in JSON, with `SERVICE` in it, which is also the service account's name.

    `provider`: the ARN of the IAM OIDC provider, which is in the same `account` as the roles.
    Raises BlueprintError.
    """
    known = _PROVIDER.fullmatch(provider)
    if not known or known["account"] != account:
        raise BlueprintError(
            f"The OIDC provider must be one of this account, by its ARN:"
            f" arn:aws:iam::{account}:oidc-provider/oidc.eks.REGION.amazonaws.com/id/..."
        )
    if not _NAMESPACE.fullmatch(namespace):
        raise BlueprintError("The namespace must be 1 to 63 of a-z, 0-9 and inner hyphens.")
    policy = policies.service_account(provider, known["issuer"], f"{namespace}:{SERVICE}")
    return json.dumps(policy)
