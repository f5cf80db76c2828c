"""What is made of what was found, where a running system is not needed to tell."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from common import checks
from common.checks import Standing
from common.settings import Settings
from deploy.doctor import (
    account,
    arns,
    configuration_set,
    database,
    environment,
    identity,
    probe,
    receiving,
    redis,
)
from deploy.doctor.asking import Trouble, unanswered
from deploy.doctor.findings import Finding
from deploy.doctor.probe import Seen

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


def waiting(**changes: Any) -> dict[str, Finding]:
    well: dict[str, Any] = {
        "key_ids": frozenset(),
        "message": None,
        "delivery": None,
        "newest_domain": None,
    }
    standing: dict[str, Any] = {
        "status": timedelta(seconds=70),
        "paused": 0,
        "sent": timedelta(hours=1),
        "heard": timedelta(minutes=59),
    }
    well["standing"] = Standing(
        **standing | {k: changes.pop(k) for k in standing.keys() & changes.keys()}
    )
    return {one.code: one for one in database.judge(database.Waiting(**well | changes))}


@pytest.mark.parametrize(
    ("changes", "code", "gravity"),
    [
        ({"message": timedelta(seconds=90)}, "sender", "warning"),
        ({"message": timedelta(hours=1)}, "sender", "error"),
        ({"delivery": timedelta(seconds=90)}, "webhooks", "warning"),
        ({"delivery": timedelta(hours=1)}, "webhooks", "error"),
        ({"status": None}, "status_worker", "warning"),
        ({"status": timedelta(hours=1)}, "status_worker", "warning"),
        ({"paused": 1}, "organizations", "warning"),
        ({"heard": None}, "feedback_arrives", "error"),
        ({"heard": timedelta(hours=2)}, "feedback_arrives", "error"),
    ],
)
def test_what_waits_too_long_tells_which_worker_is_away(
    changes: dict[str, Any], code: str, gravity: str
) -> None:
    found = waiting(**changes)

    assert {one.code for one in found.values() if one.gravity != "ok"} == {code}
    assert found[code].gravity == gravity


def test_an_old_postgres_is_an_error() -> None:
    assert database.judge_version(140012).gravity == "error"
    assert database.judge_version(180001).says == "Postgres 18.1 answers."


def test_a_redis_that_evicts_or_forgets_is_a_warning() -> None:
    well = redis.judge(redis.Found("8.2", "noeviction", is_kept=True))
    bad = redis.judge(redis.Found("8.2", "allkeys-lru", is_kept=False))

    assert [one.gravity for one in well] == ["ok", "ok", "ok"]
    assert [one.gravity for one in bad] == ["ok", "warning", "warning"]


def test_a_region_without_an_endpoint_for_mail_does_not_receive() -> None:
    def nowhere(_: str, __: int) -> object:
        raise OSError

    assert receiving.receives_in("eu-west-1", lambda _, __: []) is True
    assert receiving.receives_in("eu-west-1", nowhere) is False
    assert receiving.judge_region("eu-west-1", receives=False).gravity == "warning"


S3 = {"S3Action": {"BucketName": "b", "TopicArn": "t"}}


@pytest.mark.parametrize(
    ("rule", "is_for"),
    [
        ({"Recipients": []}, True),
        ({"Recipients": ["MAIL.example.com"]}, True),
        ({"Recipients": [".example.com"]}, True),
        ({"Recipients": ["example.com"]}, False),
        ({"Recipients": ["a@mail.example.com"]}, False),
    ],
)
def test_a_rule_is_for_the_domains_that_it_names(rule: dict[str, Any], is_for: bool) -> None:
    active = {"Rules": [rule | {"Name": "r", "Enabled": True, "Actions": [S3]}]}

    assert (receiving.rule_for(active, "mail.example.com") is not None) == is_for


@pytest.mark.parametrize(
    "actions",
    [
        [],
        [S3, S3],
        [{"S3Action": {"BucketName": "b"}}],
        [{"S3Action": S3["S3Action"] | {"KmsKeyArn": "k"}}],
    ],
)
def test_a_rule_that_does_not_store_and_tell_once_is_an_error(actions: list[Any]) -> None:
    rule = {"Name": "r", "Enabled": True, "ScanEnabled": True, "Actions": actions}

    *_, finding = receiving.judge_rule("set", rule, "example.com")

    assert (finding.code, finding.gravity) == ("receipt_rule_action", "error")


def test_the_rule_that_stores_is_found_among_others() -> None:
    rules = [
        {"Name": "first", "Enabled": True, "Actions": [{"AddHeaderAction": {}}]},
        {"Name": "off", "Enabled": False, "Actions": [S3]},
        {"Name": "on", "Enabled": True, "Actions": [S3]},
    ]

    found = receiving.rule_for({"Rules": rules}, "example.com")

    assert found is not None
    assert found["Name"] == "on"


def test_a_long_queue_names_the_worker_to_add() -> None:
    assert checks.lag("feedback", 999).gravity == "ok"
    assert "services.status" in checks.lag("feedback", 1000).mend
    assert "services.inbound" in checks.lag("inbound", 1000).mend


@pytest.mark.parametrize(
    ("seen", "gravity"),
    [
        (Seen(), "error"),
        (Seen(taken={"send"}), "warning"),
        (Seen(taken={"send", "delivery"}), "ok"),
        (Seen(taken={"send"}, waiting={"delivery"}), "ok"),
    ],
)
def test_the_probe_wants_both_of_its_events(seen: Seen, gravity: str) -> None:
    assert probe.judge(seen, 1.5).gravity == gravity
