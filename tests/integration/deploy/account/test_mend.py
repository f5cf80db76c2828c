"""Whatever somebody changes by hand, `up` says what it is and makes it as it shall be."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.deploy.account.conftest import DOMAIN, TRUST, Customer

Break = Callable[[Customer], Any]
CLOSED = json.dumps({"Version": "2012-10-17", "Statement": []})


def _queue(name: str, **attributes: Any) -> Break:
    def broken(on: Customer) -> None:
        url = on.queue_url(name)
        told = on.clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        policy = told["Attributes"].get("Policy", "")  # which moto forgets if it is not said again
        wanted: Any = {"Policy": policy} | attributes
        on.clients.sqs.set_queue_attributes(QueueUrl=url, Attributes=wanted)

    return broken


def _raw_off(on: Customer) -> None:
    topic = on.blueprint.topic_arn("inbound")
    (one,) = on.clients.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    on.clients.sns.set_subscription_attributes(
        SubscriptionArn=one["SubscriptionArn"],
        AttributeName="RawMessageDelivery",
        AttributeValue="false",
    )


def _unsubscribed(on: Customer) -> None:
    topic = on.blueprint.topic_arn("feedback")
    (one,) = on.clients.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    on.clients.sns.unsubscribe(SubscriptionArn=one["SubscriptionArn"])


def _rule(**members: Any) -> Break:
    def broken(on: Customer) -> None:
        told = on.clients.ses.describe_receipt_rule(
            RuleSetName="postroom", RuleName="postroom-inbound"
        )
        rule: Any = told["Rule"] | members
        on.clients.ses.update_receipt_rule(RuleSetName="postroom", Rule=rule)

    return broken


def _policy(on: Customer) -> None:
    arn, more = on.blueprint.policy_arn("status"), on.blueprint.service_policy("inbound")
    for _ in range(4):  # IAM keeps five
        on.clients.iam.create_policy_version(
            PolicyArn=arn, PolicyDocument=json.dumps(more), SetAsDefault=True
        )


def _destination(**members: Any) -> Break:
    return lambda on: on.ses.destinations["postroom"]["feedback"].update(members)


def _bucket(operation: str, **asked: Any) -> Break:
    return lambda on: getattr(on.clients.s3, operation)(Bucket=on.blueprint.mail_bucket, **asked)


SNS = "SNS topic postroom-feedback"
SQS = "SQS queue postroom-feedback"
RULE = "SES receipt rule postroom-inbound"
EVENTS = "SES event destination feedback"


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (
            lambda on: on.clients.sns.set_topic_attributes(
                TopicArn=on.blueprint.topic_arn("feedback"),
                AttributeName="Policy",
                AttributeValue=CLOSED,
            ),
            f"{SNS}: changed (Policy)",
        ),
        (_queue("postroom-feedback", Policy=CLOSED), f"{SQS}: changed (Policy)"),
        (_queue("postroom-feedback", RedrivePolicy=""), f"{SQS}: changed (RedrivePolicy)"),
        (
            _queue("postroom-feedback", MessageRetentionPeriod="60"),
            f"{SQS}: changed (MessageRetentionPeriod)",
        ),
        (
            _queue("postroom-feedback-dead", MessageRetentionPeriod="60"),
            f"{SQS}-dead: changed (MessageRetentionPeriod)",
        ),
        (_raw_off, "SNS subscription of postroom-inbound: changed (RawMessageDelivery)"),
        (_unsubscribed, "SNS subscription of postroom-feedback: made"),
        (_destination(Enabled=False), f"{EVENTS}: changed (Enabled)"),
        (
            _destination(MatchingEventTypes=["BOUNCE"]),
            f"{EVENTS}: changed (MatchingEventTypes)",
        ),
        (
            _destination(SnsDestination={"TopicArn": "arn:aws:sns:eu-west-1:1:other"}),
            f"{EVENTS}: changed (SnsDestination)",
        ),
        (lambda on: on.ses.destinations["postroom"].clear(), f"{EVENTS}: made"),
        (
            lambda on: on.ses.identities[DOMAIN]["DkimAttributes"].update(SigningEnabled=False),
            f"SES identity {DOMAIN}: changed (SigningEnabled)",
        ),
        (
            lambda on: on.ses.identities[DOMAIN]["MailFromAttributes"].clear(),
            f"SES identity {DOMAIN}: changed (MailFromDomain)",
        ),
        (_bucket("delete_public_access_block"), "BUCKET: changed (PublicAccessBlock)"),
        (_bucket("delete_bucket_lifecycle"), "BUCKET: changed (Lifecycle)"),
        (_bucket("delete_bucket_policy"), "BUCKET: changed (Policy)"),
        (_bucket("delete_bucket_encryption"), "BUCKET: changed (Encryption)"),
        (_rule(Enabled=False), f"{RULE}: changed (Enabled)"),
        (_rule(Recipients=["other.example.com"]), f"{RULE}: changed (Recipients)"),
        (
            lambda on: on.clients.ses.set_active_receipt_rule_set(),
            "SES active rule set postroom: made",
        ),
        (_policy, "IAM policy postroom-status: changed (Document)"),
        (
            lambda on: on.clients.iam.detach_role_policy(
                RoleName="postroom-api", PolicyArn=on.blueprint.policy_arn("api")
            ),
            "IAM role postroom-api: changed (AttachedPolicies)",
        ),
        (
            lambda on: on.clients.iam.update_assume_role_policy(
                RoleName="postroom-api", PolicyDocument=TRUST
            ),
            "IAM role postroom-api: changed (AssumeRolePolicyDocument)",
        ),
    ],
)
def test_it_is_named_and_mended(furnished: Customer, break_it: Break, said: str) -> None:
    break_it(furnished)

    expected = said.replace("BUCKET", f"S3 bucket {furnished.blueprint.mail_bucket}")
    assert furnished.up(TRUST) == [expected]
    assert furnished.up(TRUST) == []


def test_a_further_action_of_the_rule_is_taken_out(furnished: Customer) -> None:
    """Each would tell of the mail once more."""
    arn = furnished.blueprint.topic_arn("inbound")
    told = furnished.clients.ses.describe_receipt_rule(
        RuleSetName="postroom", RuleName="postroom-inbound"
    )["Rule"]
    told["Actions"] = [*told["Actions"], {"SNSAction": {"TopicArn": arn}}]
    furnished.clients.ses.update_receipt_rule(RuleSetName="postroom", Rule=told)

    assert furnished.up(TRUST) == [f"{RULE}: changed (Actions)"]
    assert furnished.up(TRUST) == []
