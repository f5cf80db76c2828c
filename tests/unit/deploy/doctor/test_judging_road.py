"""What is made of what was found on the road: tables, servers, rules, queues, the probe."""

from datetime import timedelta
from typing import Any

import pytest

from common import checks
from common.checks import Standing
from deploy.doctor import (
    database,
    probe,
    receiving,
    redis,
)
from deploy.doctor.findings import Finding
from deploy.doctor.probe import Seen


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
