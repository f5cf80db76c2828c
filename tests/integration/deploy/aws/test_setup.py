"""What is set up for SES: there from the start, and to be changed by boto3."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.deploy.aws.conftest import Double, running
from tests.waiting import eventually

TOPIC = "arn:aws:sns:us-east-1:123456789012:postroom-feedback"
QUEUE = "arn:aws:sqs:us-east-1:123456789012:postroom-feedback"


@pytest.fixture(scope="module")
def double() -> Iterator[Double]:
    with running("--loopback", "postroom.test") as double:
        yield double


@pytest.fixture
def aws(double: Double) -> Double:
    double.post("/reset")
    return double


@pytest.fixture
def sns(aws: Double) -> Iterator[Any]:
    client = aws.client("sns")
    yield client
    client.close()


@pytest.fixture
def rules(aws: Double) -> Iterator[Any]:
    client = aws.client("ses")
    yield client
    client.close()


def test_a_domain_that_comes_in_again_is_an_identity_with_a_mail_from_domain(aws: Double) -> None:
    found = aws.ses.get_email_identity(EmailIdentity="postroom.test")

    assert found["VerifiedForSendingStatus"] is True
    assert found["DkimAttributes"]["Status"] == "SUCCESS"
    assert found["MailFromAttributes"] == {
        "MailFromDomain": "bounce.postroom.test",
        "MailFromDomainStatus": "SUCCESS",
        "BehaviorOnMxFailure": "USE_DEFAULT_VALUE",
    }


def test_each_step_of_the_way_lets_the_one_before_it_in(aws: Double, sns: Any) -> None:
    topic = sns.get_topic_attributes(TopicArn=TOPIC)["Attributes"]
    [subscription] = sns.list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"]
    attributes = sns.get_subscription_attributes(SubscriptionArn=subscription["SubscriptionArn"])
    queue = aws.sqs.get_queue_attributes(QueueUrl=aws.queue_url, AttributeNames=["Policy"])
    bucket = aws.s3.get_bucket_policy(Bucket="postroom-inbound")

    assert '"ses.amazonaws.com"' in topic["Policy"]
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("sqs", QUEUE)
    assert attributes["Attributes"]["PendingConfirmation"] == "false"
    assert attributes["Attributes"]["RawMessageDelivery"] == "false"
    assert TOPIC in queue["Attributes"]["Policy"]
    assert "arn:aws:s3:::postroom-inbound/*" in bucket["Policy"]


def test_events_go_the_way_that_the_subscriptions_say(aws: Double, sns: Any) -> None:
    [subscription] = sns.list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"]
    arn = subscription["SubscriptionArn"]
    another = aws.sqs.create_queue(QueueName="another")["QueueUrl"]
    sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=QUEUE.replace("postroom", "another"))
    raw = {"RawMessageDelivery": "true"}
    endpoint = "arn:aws:sqs:us-east-1:123456789012:another"
    sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=endpoint, Attributes=raw)
    sns.unsubscribe(SubscriptionArn=arn)

    aws.send("success@simulator.amazonses.com")

    events = aws.notifications(2, another)
    assert [event["eventType"] for event in events] == ["Send", "Delivery"]
    assert aws.waiting() == 0


def test_a_subscription_of_a_queue_that_is_not_there_stays_pending(sns: Any) -> None:
    endpoint = "arn:aws:sqs:us-east-1:123456789012:none"

    answer = sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=endpoint)

    listed = sns.list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"]
    assert answer["SubscriptionArn"] == "pending confirmation"
    assert [one["SubscriptionArn"] for one in listed if one["Endpoint"] == endpoint] == [
        "PendingConfirmation"
    ]


def test_a_topic_that_is_not_there_is_said_so(sns: Any) -> None:
    with pytest.raises(sns.exceptions.NotFoundException):
        sns.get_topic_attributes(TopicArn=TOPIC + "x")


def test_the_active_rule_stores_and_tells(rules: Any) -> None:
    active = rules.describe_active_receipt_rule_set()

    [rule] = active["Rules"]
    assert active["Metadata"]["Name"] == "postroom"
    assert (rule["Enabled"], rule["ScanEnabled"], rule["Recipients"]) == (True, True, [])
    assert [action["S3Action"]["BucketName"] for action in rule["Actions"]] == ["postroom-inbound"]


def test_rules_are_made_and_changed_and_taken_away(rules: Any) -> None:
    action = {"S3Action": {"BucketName": "b", "ObjectKeyPrefix": "in/"}}
    rule = {"Name": "r", "Enabled": True, "Recipients": ["a.example", "b.example"]}
    rules.create_receipt_rule_set(RuleSetName="mine")
    rules.create_receipt_rule(RuleSetName="mine", Rule=rule | {"Actions": [action]})
    rules.update_receipt_rule(RuleSetName="mine", Rule=rule | {"Enabled": False})
    rules.set_active_receipt_rule_set(RuleSetName="mine")

    [found] = rules.describe_active_receipt_rule_set()["Rules"]
    rules.set_active_receipt_rule_set()

    assert found["Recipients"] == ["a.example", "b.example"]
    assert (found["Enabled"], found["Actions"]) == (False, [])
    assert "Rules" not in rules.describe_active_receipt_rule_set()
    with pytest.raises(rules.exceptions.RuleDoesNotExistException):
        rules.describe_receipt_rule(RuleSetName="mine", RuleName="another")


def test_a_paused_configuration_set_sends_nothing(aws: Double) -> None:
    aws.ses.put_configuration_set_sending_options(
        ConfigurationSetName="postroom", SendingEnabled=False
    )

    with pytest.raises(aws.ses.exceptions.SendingPausedException):
        aws.send("success@simulator.amazonses.com")


def test_whose_credentials_these_are(aws: Double) -> None:
    sts = aws.client("sts")

    assert sts.get_caller_identity()["Account"] == "123456789012"
    sts.close()


def test_reset_brings_all_of_it_back(aws: Double, sns: Any) -> None:
    sns.delete_topic(TopicArn=TOPIC)
    aws.sqs.delete_queue(QueueUrl=aws.queue_url)
    aws.s3.delete_bucket(Bucket="postroom-inbound")
    aws.ses.delete_email_identity(EmailIdentity="postroom.test")

    aws.post("/reset")
    aws.send("success@simulator.amazonses.com")

    eventually(lambda: aws.waiting() == 2, what="both events are there")
    aws.s3.head_bucket(Bucket="postroom-inbound")
    aws.ses.get_email_identity(EmailIdentity="postroom.test")
