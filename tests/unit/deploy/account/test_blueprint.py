"""What shall be on the account follows from what the services do."""

import json

import pytest

from deploy.aws import desired, policies
from deploy.aws.blueprint import FLOWS, Blueprint, BlueprintError
from services.inbound import feed as inbound
from services.status import feed as status, transitions

BLUEPRINT = Blueprint("mail.example.com", "eu-west-1", "111122223333")


def test_ses_tells_of_every_kind_that_moves_a_recipient() -> None:
    assert {kind.upper() for kind in transitions._STATUSES} == set(desired.EVENT_TYPES)


def test_sqs_puts_a_bad_letter_aside_before_a_worker_deletes_it() -> None:
    assert min(status.MOST_RECEIVES, inbound.MOST_RECEIVES) > desired.MAX_RECEIVES


@pytest.mark.parametrize("flow", FLOWS)
def test_a_queue_takes_from_its_topic_and_a_topic_from_ses_of_this_account(flow: str) -> None:
    queue = json.loads(desired.queue(BLUEPRINT, flow)["Policy"])["Statement"]  # type: ignore[arg-type]
    topic = BLUEPRINT.topic_policy(flow)["Statement"]  # type: ignore[arg-type]

    assert [one["Condition"] for one in queue] == [
        {"ArnEquals": {"aws:SourceArn": f"arn:aws:sns:eu-west-1:111122223333:postroom-{flow}"}}
    ]
    assert [one["Condition"]["StringEquals"]["aws:SourceAccount"] for one in topic] == [
        "111122223333"
    ]


def test_every_service_has_what_it_calls_and_no_more() -> None:
    assert {service: _allowed(service) for service in policies.SERVICES} == {
        "api": {
            ("s3:GetObject", f"{BLUEPRINT.bucket_arn}/*"),
            ("s3:ListBucket", BLUEPRINT.bucket_arn),
        },
        "sender": {
            ("ses:SendEmail", BLUEPRINT.identity_arn),
            ("ses:SendEmail", BLUEPRINT.configuration_set_arn),
            ("ses:SendRawEmail", BLUEPRINT.identity_arn),
            ("ses:SendRawEmail", BLUEPRINT.configuration_set_arn),
            ("ses:GetAccount", "*"),
        },
        "status": {(action, BLUEPRINT.queue_arn("feedback")) for action in policies.READ_QUEUE},
        "inbound": {(action, BLUEPRINT.queue_arn("inbound")) for action in policies.READ_QUEUE}
        | _allowed("api"),
    }


def test_a_service_of_aws_may_act_for_one_resource_of_this_account_alone() -> None:
    doors = [BLUEPRINT.bucket_policy()["Statement"][0]]
    doors += [BLUEPRINT.topic_policy(flow)["Statement"][0] for flow in FLOWS]

    assert {one["Principal"]["Service"] for one in doors} == {"ses.amazonaws.com"}
    assert [one["Condition"] for one in doors] == [
        {"StringEquals": {"aws:SourceAccount": "111122223333", "aws:SourceArn": arn}}
        for arn in (
            BLUEPRINT.receipt_rule_arn,
            BLUEPRINT.configuration_set_arn,
            BLUEPRINT.receipt_rule_arn,
        )
    ]


def test_a_receipt_rule_has_one_action() -> None:
    (action,) = desired.receipt_rule(BLUEPRINT)["Actions"]
    assert action == {
        "S3Action": {
            "BucketName": "postroom-mail-111122223333-eu-west-1",
            "TopicArn": BLUEPRINT.topic_arn("inbound"),
        }
    }


def test_a_bucket_has_the_longest_name_that_s3_takes() -> None:
    longest = Blueprint("x.org", "ap-southeast-1", "1" * 12, name="n" * 30)
    assert len(longest.mail_bucket) == 63


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "n" * 31},
        {"name": "Postroom"},
        {"name": "-postroom"},
        {"domain": "localhost"},
        {"domain": "Example.com"},
        {"domain": "a@example.com"},
        {"domain": f"{'a.' * 127}com"},
        {"keep_mail_days": 0},
    ],
)
def test_what_aws_would_not_take_is_refused(wrong: dict[str, object]) -> None:
    asked: dict[str, object] = {"domain": "x.org", "region": "us-east-1", "account": "1" * 12}
    with pytest.raises(BlueprintError):
        Blueprint(**asked | wrong)  # type: ignore[arg-type]


def _allowed(service: policies.Service) -> set[tuple[str, str]]:
    statements = BLUEPRINT.service_policy(service)["Statement"]
    assert {one["Effect"] for one in statements} == {"Allow"}
    return {
        (action, resource)
        for one in statements
        for action in one["Action"]
        for resource in one["Resource"]
    }
