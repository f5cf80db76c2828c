"""Which policies let a service of AWS in."""

import json
from typing import Any

import pytest

from deploy.doctor import policies
from deploy.doctor.policies import Request, allows

ACCOUNT = "111122223333"
TOPIC = f"arn:aws:sns:eu-west-1:{ACCOUNT}:postroom-feedback"
SET = f"arn:aws:ses:eu-west-1:{ACCOUNT}:configuration-set/postroom"
SES: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"Service": "ses.amazonaws.com"},
    "Action": "sns:Publish",
    "Resource": TOPIC,
}


@pytest.fixture
def request_of_ses() -> Request:
    return policies.ses("sns:Publish", TOPIC, ACCOUNT, SET)


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"Principal": "*"},
        {"Principal": {"AWS": "*"}},
        {"Principal": {"Service": ["sns.amazonaws.com", "ses.amazonaws.com"]}},
        {"Action": ["SNS:GetTopicAttributes", "SNS:Publish"]},
        {"Action": "sns:*"},
        {"Resource": "*"},
        {"Resource": "arn:aws:sns:*:111122223333:postroom-?eedback"},
        {"Condition": {"StringEquals": {"AWS:SourceAccount": ACCOUNT, "aws:SourceArn": SET}}},
        {"Condition": {"StringEquals": {"AWS:SourceOwner": ACCOUNT}}},
        {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:ses:*:*:configuration-set/*"}}},
        {"Condition": {"StringLikeIfExists": {"aws:PrincipalOrgID": "o-*"}}},
    ],
)
def test_these_let_ses_publish(request_of_ses: Request, changes: dict[str, Any]) -> None:
    assert allows(policy(SES | changes), request_of_ses) is True


@pytest.mark.parametrize(
    "changes",
    [
        {"Effect": "Deny"},
        {"Principal": {"Service": "sns.amazonaws.com"}},
        {"Principal": {"AWS": ACCOUNT}},
        {"Principal": None},
        {"Action": "sns:Subscribe"},
        {"Resource": TOPIC + "-dead"},
        {"Resource": "arn:aws:sns:eu-west-1:111122223333:[p]ostroom-feedback"},
        {"Condition": {"StringEquals": {"aws:SourceAccount": "999999999999"}}},
        {"Condition": {"ArnEquals": {"aws:SourceArn": SET + "-of-another"}}},
    ],
)
def test_these_do_not(request_of_ses: Request, changes: dict[str, Any]) -> None:
    assert allows(policy(SES | changes), request_of_ses) is False


@pytest.mark.parametrize("text", ["", "{}", "[]", "no JSON", '{"Statement": []}'])
def test_a_text_without_statements_lets_nobody_in(request_of_ses: Request, text: str) -> None:
    assert allows(text, request_of_ses) is False


@pytest.mark.parametrize(
    "condition",
    [{"IpAddress": {"aws:SourceAccount": "10.0.0.0/8"}}, {"StringEquals": {"aws:Unknown": "x"}}],
)
def test_a_condition_that_is_not_understood_proves_nothing(
    request_of_ses: Request, condition: dict[str, Any]
) -> None:
    unclear = SES | {"Condition": condition}

    assert allows(policy(unclear), request_of_ses) is None
    assert allows(policy(unclear, SES), request_of_ses) is True
    assert allows(policy(unclear | {"Effect": "Deny"}, SES), request_of_ses) is None


def test_who_is_denied_is_let_in_by_nothing_else(request_of_ses: Request) -> None:
    denied = SES | {"Effect": "Deny"}
    plain = denied | {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}

    assert allows(policy(SES, denied), request_of_ses) is False
    assert allows(policy(SES, plain), request_of_ses) is True


def test_a_queue_lets_its_topic_send() -> None:
    queue = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:postroom-feedback"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": TOPIC}},
    }

    assert allows(policy(statement), policies.sns(queue, TOPIC, ACCOUNT)) is True
    assert allows(policy(statement), policies.sns(queue, TOPIC + "x", ACCOUNT)) is False
