"""Our Terraform, with what its addresses stand for in one installation."""

from pathlib import Path
from typing import Any

import pytest

from deploy.aws.blueprint import FLOWS, Blueprint, Flow
from deploy.aws.policies import SERVICES
from deploy.aws.trust import NAMESPACE
from tests.unit.deploy.account.hcl import Module, load

FOLDER = Path("deploy/aws/terraform")
BLUEPRINT = Blueprint("mail.example.com", "eu-west-1", "111122223333")
PROVIDER = "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/ABC"
KNOWN: dict[str, Any] = {
    "var.domain": BLUEPRINT.domain,
    "var.region": BLUEPRINT.region,
    "var.name": BLUEPRINT.name,
    "var.keep_mail_days": BLUEPRINT.keep_mail_days,
    "data.aws_caller_identity.current.account_id": BLUEPRINT.account,
    "data.aws_partition.current.partition": BLUEPRINT.partition,
    "aws_sesv2_email_identity.domain.email_identity": BLUEPRINT.domain,
    "aws_sesv2_configuration_set.postroom.configuration_set_name": BLUEPRINT.name,
    "aws_s3_bucket.mail.id": BLUEPRINT.mail_bucket,
    "aws_s3_bucket.mail.arn": BLUEPRINT.bucket_arn,
    "var.oidc_provider_arn": PROVIDER,
    "var.kubernetes_namespace": NAMESPACE,
    "data.aws_iam_policy_document.bucket.json": "the document",
    "module.feedback.topic_arn": BLUEPRINT.topic_arn("feedback"),
    "module.feedback.queue_arn": BLUEPRINT.queue_arn("feedback"),
    "module.feedback.queue_url": "feedback's URL",
    "module.inbound.topic_arn": BLUEPRINT.topic_arn("inbound"),
    "module.inbound.queue_arn": BLUEPRINT.queue_arn("inbound"),
    "module.inbound.queue_url": "inbound's URL",
    **{f"aws_iam_policy.{one}.arn": BLUEPRINT.policy_arn(one) for one in SERVICES},
}
"""What the addresses stand for that Terraform learns elsewhere: given, or made by AWS."""


@pytest.fixture(scope="module")
def root() -> Module:
    return load(FOLDER, KNOWN)


@pytest.fixture(scope="module", params=FLOWS)
def flow(request: pytest.FixtureRequest) -> Flow:
    name: Flow = request.param
    return name


@pytest.fixture(scope="module")
def module(root: Module, flow: Flow) -> Module:
    given = {f"var.{name}": said for name, said in root.settings("module", flow).items()}
    return load(
        FOLDER / "flow",
        given
        | {
            "aws_sns_topic.flow.arn": BLUEPRINT.topic_arn(flow),
            "aws_sqs_queue.flow.arn": BLUEPRINT.queue_arn(flow),
            "aws_sqs_queue.dead.arn": BLUEPRINT.dead_letters_arn(flow),
        },
    )
