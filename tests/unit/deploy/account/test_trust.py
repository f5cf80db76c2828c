"""A role is for one service account of one cluster, and that is the one of our manifests."""

import json

import pytest

from deploy.aws.blueprint import BlueprintError
from deploy.aws.policies import SERVICES
from deploy.aws.trust import NAMESPACE, SERVICE, of_service_accounts
from deploy.manifests.__main__ import ROOT
from deploy.manifests.kustomize import build
from tests.unit.deploy.account.conftest import BLUEPRINT, PROVIDER

ISSUER = "oidc.eks.eu-west-1.amazonaws.com/id/ABC"


def test_a_token_must_be_of_that_service_account_and_made_for_sts() -> None:
    (statement,) = json.loads(of_service_accounts(PROVIDER, "mail", BLUEPRINT.account))["Statement"]

    assert statement["Principal"] == {"Federated": PROVIDER}
    assert statement["Action"] == ["sts:AssumeRoleWithWebIdentity"]
    assert statement["Condition"] == {
        "StringEquals": {
            f"{ISSUER}:sub": f"system:serviceaccount:mail:{SERVICE}",
            f"{ISSUER}:aud": "sts.amazonaws.com",
        }
    }


def test_the_manifests_have_a_service_account_for_each_role_and_none_besides() -> None:
    manifests = build(ROOT / "deploy" / "k8s" / "overlays" / "production")
    annotated = {
        one["metadata"]["name"]: one["metadata"]
        for one in manifests
        if one["kind"] == "ServiceAccount" and "annotations" in one["metadata"]
    }

    assert annotated.keys() == set(SERVICES)
    assert {one["namespace"] for one in annotated.values()} == {NAMESPACE}
    assert {
        service: one["annotations"]["eks.amazonaws.com/role-arn"]
        for service, one in annotated.items()
    } == {service: BLUEPRINT.role_arn(service) for service in SERVICES}


@pytest.mark.parametrize(
    ("provider", "namespace"),
    [
        ("", NAMESPACE),
        (ISSUER, NAMESPACE),
        (PROVIDER.replace(BLUEPRINT.account, "9" * 12), NAMESPACE),
        (PROVIDER.partition("/")[0], NAMESPACE),
        (f"{PROVIDER}*", NAMESPACE),
        (PROVIDER, "*"),
        (PROVIDER, "mail:*"),
        (PROVIDER, ""),
    ],
)
def test_what_would_let_others_in_is_refused(provider: str, namespace: str) -> None:
    with pytest.raises(BlueprintError):
        of_service_accounts(provider, namespace, BLUEPRINT.account)
