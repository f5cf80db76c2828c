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


def _subscription(name: str, value: str) -> Break:
    def broken(on: Customer) -> None:
        topic = on.blueprint.topic_arn("inbound")
        (one,) = on.clients.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        on.clients.sns.set_subscription_attributes(
            SubscriptionArn=one["SubscriptionArn"], AttributeName=name, AttributeValue=value
        )

    return broken


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


def _topic_policy(on: Customer) -> None:
    on.clients.sns.set_topic_attributes(
        TopicArn=on.blueprint.topic_arn("feedback"), AttributeName="Policy", AttributeValue=CLOSED
    )


def _further_action(on: Customer) -> None:
    """It would tell of each mail once more."""
    _rule(
        Actions=[
            {"S3Action": {"BucketName": on.blueprint.mail_bucket}},
            {"SNSAction": {"TopicArn": on.blueprint.topic_arn("inbound")}},
        ]
    )(on)


def _inactive(on: Customer) -> None:
    on.clients.ses.set_active_receipt_rule_set()


def _no_dkim(on: Customer) -> None:
    on.ses.identities[DOMAIN]["DkimAttributes"]["SigningEnabled"] = False


def _no_mail_from(on: Customer) -> None:
    on.ses.identities[DOMAIN]["MailFromAttributes"].clear()


def _no_destination(on: Customer) -> None:
    on.ses.destinations["postroom"].clear()


def _detached(on: Customer) -> None:
    arn = on.blueprint.policy_arn("api")
    on.clients.iam.detach_role_policy(RoleName="postroom-api", PolicyArn=arn)


def _trusts_others(on: Customer) -> None:
    on.clients.iam.update_assume_role_policy(RoleName="postroom-api", PolicyDocument=TRUST)


SQS = "SQS queue postroom-feedback"
RULE = "SES receipt rule postroom-inbound"
EVENTS = "SES event destination feedback"
IDENTITY = f"SES identity {DOMAIN}"
ROUNDS: list[dict[str, Break]] = [
    {
        "SNS topic postroom-feedback: changed (Policy)": _topic_policy,
        f"{SQS}: changed (Policy)": _queue("postroom-feedback", Policy=CLOSED),
        f"{SQS}-dead: changed (MessageRetentionPeriod)": _queue(
            "postroom-feedback-dead", MessageRetentionPeriod="60"
        ),
        "SNS subscription of postroom-inbound: changed (RawMessageDelivery)": _subscription(
            "RawMessageDelivery", "false"
        ),
        f"{EVENTS}: changed (Enabled)": _destination(Enabled=False),
        f"{IDENTITY}: changed (SigningEnabled)": _no_dkim,
        "BUCKET: changed (PublicAccessBlock)": _bucket("delete_public_access_block"),
        f"{RULE}: changed (Enabled)": _rule(Enabled=False),
        "SES active rule set postroom: made": _inactive,
        "IAM policy postroom-status: changed (Document)": _policy,
        "IAM role postroom-api: changed (AssumeRolePolicyDocument)": _trusts_others,
    },
    {
        f"{SQS}: changed (RedrivePolicy)": _queue("postroom-feedback", RedrivePolicy=""),
        "SNS subscription of postroom-feedback: made": _unsubscribed,
        f"{EVENTS}: changed (MatchingEventTypes)": _destination(MatchingEventTypes=["BOUNCE"]),
        f"{IDENTITY}: changed (MailFromDomain)": _no_mail_from,
        "BUCKET: changed (Lifecycle)": _bucket("delete_bucket_lifecycle"),
        f"{RULE}: changed (Recipients)": _rule(Recipients=["other.example.com"]),
        "IAM role postroom-api: changed (AttachedPolicies)": _detached,
    },
    {
        f"{SQS}: changed (VisibilityTimeout, KmsMasterKeyId)": _queue(
            "postroom-feedback", VisibilityTimeout="1", KmsMasterKeyId="alias/aws/sqs"
        ),
        "SNS subscription of postroom-inbound: changed (FilterPolicy)": _subscription(
            "FilterPolicy", '{"kind": ["none"]}'
        ),
        f"{EVENTS}: changed (SnsDestination)": _destination(
            SnsDestination={"TopicArn": "arn:aws:sns:eu-west-1:1:other"}
        ),
        "BUCKET: changed (Policy)": _bucket("delete_bucket_policy"),
        f"{RULE}: changed (Actions)": _further_action,
    },
    {
        f"{EVENTS}: made": _no_destination,
        "BUCKET: changed (Encryption)": _bucket("delete_bucket_encryption"),
    },
]


@pytest.mark.parametrize("broken", ROUNDS)
def test_each_is_named_and_mended(furnished: Customer, broken: dict[str, Break]) -> None:
    for break_it in broken.values():
        break_it(furnished)

    bucket = f"S3 bucket {furnished.blueprint.mail_bucket}"
    expected = {said.replace("BUCKET", bucket) for said in broken}
    assert set(furnished.up(TRUST)) == expected
    assert furnished.up(TRUST) == []
