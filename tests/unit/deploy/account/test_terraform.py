"""Terraform and `up` make the same, so that neither can drift away from the other."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy.aws import desired, policies
from deploy.aws.blueprint import KEEP_MAIL_DAYS, TAG, Flow
from deploy.aws.comparison import same
from deploy.aws.records import records, settings
from deploy.aws.trust import NAMESPACE, SERVICE, of_service_accounts
from tests.unit.deploy.account.conftest import BLUEPRINT, FOLDER, KNOWN, PROVIDER
from tests.unit.deploy.account.hcl import Module, load


def test_a_topic_is_open_to_ses_alone(module: Module, flow: Flow) -> None:
    assert module.settings("resource", "aws_sns_topic", "flow") == {"name": BLUEPRINT.topic(flow)}
    assert same(module.document("topic"), BLUEPRINT.topic_policy(flow))


def test_a_queue_takes_from_its_topic_and_puts_bad_letters_aside(
    module: Module, flow: Flow
) -> None:
    wanted = desired.queue(BLUEPRINT, flow)

    assert module.settings("resource", "aws_sqs_queue", "flow") == {
        "name": BLUEPRINT.queue(flow),
        "message_retention_seconds": int(wanted["MessageRetentionPeriod"]),
        "visibility_timeout_seconds": int(wanted["VisibilityTimeout"]),
        "sqs_managed_sse_enabled": wanted["SqsManagedSseEnabled"] == "true",
        "redrive_policy": json.loads(wanted["RedrivePolicy"]),
    }
    assert same(module.document("queue"), wanted["Policy"])


def test_a_dead_letter_queue_is_for_its_queue_alone(module: Module, flow: Flow) -> None:
    wanted = desired.dead_letters(BLUEPRINT, flow)
    allow = module.blocks_of("resource", "aws_sqs_queue_redrive_allow_policy", "dead")

    assert module.settings("resource", "aws_sqs_queue", "dead") == {
        "name": BLUEPRINT.dead_letters(flow),
        "message_retention_seconds": int(wanted["MessageRetentionPeriod"]),
        "sqs_managed_sse_enabled": wanted["SqsManagedSseEnabled"] == "true",
    }
    assert same(module.value(allow["redrive_allow_policy"]), wanted["RedriveAllowPolicy"])


def test_a_subscription_is_raw(module: Module, flow: Flow) -> None:
    assert module.settings("resource", "aws_sns_topic_subscription", "flow") == {
        "topic_arn": BLUEPRINT.topic_arn(flow),
        "protocol": "sqs",
        "endpoint": BLUEPRINT.queue_arn(flow),
        "raw_message_delivery": desired.RAW_DELIVERY == "true",
    }


def test_ses_tells_of_the_same_events(root: Module) -> None:
    block = root.blocks_of("resource", "aws_sesv2_configuration_set_event_destination", "feedback")
    (destination,) = block["event_destination"]
    wanted = desired.event_destination(BLUEPRINT)

    assert root.plain(block) == {
        "configuration_set_name": BLUEPRINT.name,
        "event_destination_name": desired.EVENT_DESTINATION,
    }
    assert root.plain(destination) == {
        "enabled": wanted["Enabled"],
        "matching_event_types": wanted["MatchingEventTypes"],
    }
    assert root.inner(destination, "sns_destination")["topic_arn"] == (
        BLUEPRINT.topic_arn("feedback")
    )


def test_the_domain_has_dkim_and_its_own_return_path(root: Module) -> None:
    identity = root.blocks_of("resource", "aws_sesv2_email_identity", "domain")

    assert root.plain(identity) == {"email_identity": BLUEPRINT.domain}
    assert root.inner(identity, "dkim_signing_attributes") == {
        "next_signing_key_length": "RSA_2048_BIT"
    }
    assert root.settings("resource", "aws_sesv2_email_identity_mail_from_attributes", "bounce") == {
        "email_identity": BLUEPRINT.domain,
        "mail_from_domain": BLUEPRINT.mail_from,
        "behavior_on_mx_failure": "USE_DEFAULT_VALUE",
    }


def test_the_bucket_is_closed_encrypted_and_emptied_in_time(root: Module) -> None:
    access = root.settings("resource", "aws_s3_bucket_public_access_block", "mail")
    names = [_snake(name) for name in desired.PUBLIC_ACCESS]
    keeping = root.blocks_of("resource", "aws_s3_bucket_lifecycle_configuration", "mail")
    (rule,) = keeping["rule"]
    wanted = desired.lifecycle(BLUEPRINT)
    default = root.settings("variable", "keep_mail_days")["default"]

    assert root.settings("resource", "aws_s3_bucket", "mail") == {"bucket": BLUEPRINT.mail_bucket}
    assert {name: access[name] for name in names} == dict.fromkeys(names, True)
    assert same(root.document("bucket"), BLUEPRINT.bucket_policy())
    assert root.plain(rule) == {"id": wanted["ID"], "status": wanted["Status"]}
    assert root.inner(rule, "filter") == {"prefix": ""}
    assert (root.inner(rule, "expiration"), default) == (
        {"days": BLUEPRINT.keep_mail_days},
        KEEP_MAIL_DAYS,
    )
    assert _encryption(root) == {"sse_algorithm": "AES256"}


def test_the_receipt_rule_has_one_action(root: Module) -> None:
    block = root.blocks_of("resource", "aws_ses_receipt_rule", "inbound")
    wanted = desired.receipt_rule(BLUEPRINT)
    action = wanted["Actions"][0]["S3Action"]

    assert root.plain(block) == {
        "name": wanted["Name"],
        "rule_set_name": BLUEPRINT.receipt_rule_set,
        "recipients": wanted["Recipients"],
        "enabled": wanted["Enabled"],
        "scan_enabled": wanted["ScanEnabled"],
        "tls_policy": wanted["TlsPolicy"],
    }
    assert [name for name in block if name.endswith("_action")] == ["s3_action"]
    assert root.inner(block, "s3_action") == {
        "bucket_name": action["BucketName"],
        "topic_arn": action.get("TopicArn"),
        "position": 1,
    }


@pytest.mark.parametrize("service", policies.SERVICES)
def test_a_service_may_do_the_same(root: Module, service: policies.Service) -> None:
    block = root.blocks_of("resource", "aws_iam_policy", service)

    assert root.value(block["name"]) == BLUEPRINT.policy_name(service)
    assert block["policy"] == f"${{data.aws_iam_policy_document.{service}.json}}"
    assert same(root.document(service), BLUEPRINT.service_policy(service))


@pytest.mark.parametrize("service", policies.SERVICES)
def test_its_service_account_may_take_the_same_role(
    root: Module, service: policies.Service
) -> None:
    each = {"each.key": service, "each.value": BLUEPRINT.policy_arn(service)}
    module = replace(root, known=root.known | each)
    wanted = of_service_accounts(PROVIDER, NAMESPACE, BLUEPRINT.account)
    everybody = {one: BLUEPRINT.policy_arn(one) for one in policies.SERVICES}

    assert module.settings("resource", "aws_iam_role", "service") == {
        "for_each": everybody,
        "name": BLUEPRINT.policy_name(service),
        "assume_role_policy": "${data.aws_iam_policy_document.trust[each.key].json}",
    }
    assert module.settings("resource", "aws_iam_role_policy_attachment", "service") == {
        "for_each": everybody,
        "role": "${aws_iam_role.service[each.key].name}",
        "policy_arn": BLUEPRINT.policy_arn(service),
    }
    assert same(module.document("trust"), wanted.replace(SERVICE, service))


def test_there_are_no_roles_without_a_provider(root: Module) -> None:
    default = root.settings("variable", "oidc_provider_arn")["default"]
    without = load(FOLDER, KNOWN | {"var.oidc_provider_arn": default})

    assert without.known["local.roles"] == {}
    assert root.settings("variable", "kubernetes_namespace")["default"] == NAMESPACE


def test_it_gives_the_same_settings_and_records(root: Module) -> None:
    told = root.blocks_of("output", "settings")["value"]
    assert {name: root.value(said) for name, said in told.items()} == settings(
        BLUEPRINT, "feedback's URL", "inbound's URL"
    )

    text = Path(FOLDER, "outputs.tf").read_text().replace('\\"', '"')
    for name in ("domain", "region"):
        text = text.replace(f"${{var.{name}}}", getattr(BLUEPRINT, name))
    assert [str(one) for one in records(BLUEPRINT, []) if f'"{one}"' not in text] == []


def test_all_of_it_carries_the_tag_of_up(root: Module) -> None:
    tags: Any = root.blocks_of("provider", "aws")["default_tags"][0]["tags"]
    assert {name: root.value(said) for name, said in tags.items()} == {TAG: BLUEPRINT.name}


def _encryption(root: Module) -> dict[str, Any]:
    kind = "aws_s3_bucket_server_side_encryption_configuration"
    (rule,) = root.blocks_of("resource", kind, "mail")["rule"]
    return root.inner(rule, "apply_server_side_encryption_by_default")


def _snake(name: str) -> str:
    """`BlockPublicAcls` -> `block_public_acls`."""
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in name).strip("_")
