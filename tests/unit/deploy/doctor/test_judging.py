"""What is made of what was found, where a running system is not needed to tell."""

from typing import Any

import pytest
from pydantic import ValidationError

from common import checks
from common.settings import Settings
from deploy.doctor import (
    account,
    arns,
    configuration_set,
    environment,
    identity,
)
from deploy.doctor.asking import Trouble, unanswered

URLS = {
    "database_url": "postgresql://u:hidden@localhost/d",
    "redis_url": "redis://:hidden@localhost",
}


def test_a_queue_of_another_region_is_an_error() -> None:
    url = "https://sqs.eu-west-1.amazonaws.com/123456789012/q"

    wrong = environment.judge_region(Settings(**URLS, feedback_queue_url=url))  # type: ignore[arg-type]
    right = environment.judge_region(
        Settings(**URLS, feedback_queue_url=url, aws_region="eu-west-1")  # type: ignore[arg-type]
    )

    assert (wrong.gravity, wrong.mend) == ("error", "export POSTROOM_AWS_REGION=eu-west-1")
    assert right.gravity == "ok"
    assert arns.of_queue(url, "eu-west-1") == "arn:aws:sqs:eu-west-1:123456789012:q"


def test_a_setting_that_is_wrong_is_named_without_its_value() -> None:
    with pytest.raises(ValidationError) as raised:
        Settings(redis_url="redis://:hidden@x", database_url="mysql://u:hidden@x", port=70000)

    finding = environment.unreadable(raised.value)

    assert "DATABASE_URL" in finding.says
    assert "POSTROOM_PORT" in finding.says
    assert "hidden" not in repr(finding)


@pytest.mark.parametrize(
    ("quota", "gravity"),
    [
        ({"Max24HourSend": -1.0, "SentLast24Hours": 9e9}, "ok"),
        ({"Max24HourSend": 100.0, "SentLast24Hours": 79.0}, "ok"),
        ({"Max24HourSend": 100.0, "SentLast24Hours": 80.0}, "warning"),
        ({"Max24HourSend": 100.0, "SentLast24Hours": 100.0}, "error"),
    ],
)
def test_a_quota_that_is_nearly_used_is_a_warning(quota: dict[str, float], gravity: str) -> None:
    assert checks.quota(quota).gravity == gravity


@pytest.mark.parametrize(
    ("kind", "gravity"),
    [("forbidden", "warning"), ("unreachable", "error"), ("refused", "error")],
)
def test_what_may_not_be_looked_at_is_no_proof(kind: Any, gravity: str) -> None:
    finding = unanswered("feedback_topic", Trouble(kind, "sns:GetTopicAttributes", "X"))

    assert (finding.gravity, "sns:GetTopicAttributes" in finding.says) == (gravity, True)


def test_wrong_credentials_are_said_by_their_code() -> None:
    finding = account.judge_trouble(Trouble("credentials", "sts:GetCallerIdentity", "ExpiredToken"))

    assert (finding.code, finding.gravity) == ("credentials", "error")
    assert "ExpiredToken" in finding.says


@pytest.mark.parametrize(
    ("mail_from", "gravity"),
    [
        ({}, "warning"),
        ({"MailFromDomain": "b.example.com", "MailFromDomainStatus": "SUCCESS"}, "ok"),
        ({"MailFromDomain": "b.example.com", "MailFromDomainStatus": "PENDING"}, "warning"),
        (
            {
                "MailFromDomain": "b.example.com",
                "MailFromDomainStatus": "FAILED",
                "BehaviorOnMxFailure": "REJECT_MESSAGE",
            },
            "error",
        ),
    ],
)
def test_a_mail_from_domain_that_stops_mail_is_an_error(
    mail_from: dict[str, str], gravity: str
) -> None:
    assert identity.judge_mail_from("example.com", mail_from).gravity == gravity


def test_an_identity_above_the_domain_covers_it() -> None:
    known = {"example.com": {"VerifiedForSendingStatus": True}}

    def ask(_: str, __: str, EmailIdentity: str) -> Any:  # noqa: N803 - AWS's name
        gone = Trouble("missing", "ses:GetEmailIdentity", "NotFoundException")
        return known.get(EmailIdentity, gone)

    name, found = identity.look(ask, "mail.eu.example.com")  # type: ignore[arg-type]

    assert (name, found) == ("example.com", known["example.com"])


def test_each_needed_type_that_is_not_published_is_named() -> None:
    destination = {
        "Name": "feedback",
        "Enabled": True,
        "SnsDestination": {"TopicArn": "arn:aws:sns:x"},
        "MatchingEventTypes": [one for one in configuration_set.NEEDED if one != "BOUNCE"],
    }

    *_, finding = configuration_set.judge_destinations([destination])

    assert (finding.code, finding.gravity) == ("event_types", "error")
    assert finding.says == "Not published: BOUNCE."
