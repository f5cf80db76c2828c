"""Ways to break a set-up that is well."""

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from common import ids
from common.models.base import UUID
from tests.integration.deploy.doctor.conftest import Patient

FEEDBACK_TOPIC = "arn:aws:sns:us-east-1:123456789012:postroom-feedback"
INBOUND_TOPIC = "arn:aws:sns:us-east-1:123456789012:postroom-inbound"
OTHERS = json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "999999999999"}}]})
Break = Callable[[Patient], None]


def ses(operation: str, **members: Any) -> Break:
    return lambda patient: called(patient.aws.ses, operation, members)


def called(client: Any, operation: str, members: dict[str, Any]) -> None:
    getattr(client, operation)(**members)


def ask(service: str, operation: str, **members: Any) -> Break:
    """By the doctor's own clients, which are there."""

    def change(patient: Patient) -> None:
        answer = patient.ask(service, operation, **members)
        assert isinstance(answer, dict), answer

    return change


def account(**members: Any) -> Break:
    return lambda patient: patient.aws.post("/account", **members)


def settings(**members: Any) -> Break:
    return lambda patient: patient.change(**members)


def sql(statement: str, **parameters: Any) -> Break:
    def change(patient: Patient) -> None:
        with patient.engine.begin() as connection:
            connection.execute(sa.text(statement), parameters)

    return change


def queue(name: str, **attributes: str) -> Break:
    def change(patient: Patient) -> None:
        url = patient.aws.queue_url.replace("postroom-feedback", name)
        called(patient.aws.sqs, "set_queue_attributes", {"QueueUrl": url, "Attributes": attributes})

    return change


def without_queue(name: str) -> Break:
    def change(patient: Patient) -> None:
        url = patient.aws.queue_url.replace("postroom-feedback", name)
        patient.aws.sqs.delete_queue(QueueUrl=url)

    return change


def letters(name: str, count: int) -> Break:
    def change(patient: Patient) -> None:
        url = patient.aws.queue_url.replace("postroom-feedback", name)
        entries = [{"Id": str(n), "MessageBody": "x"} for n in range(10)]
        for _ in range(max(1, count // 10)):
            patient.aws.sqs.send_message_batch(QueueUrl=url, Entries=entries[:count])  # type: ignore[arg-type]

    return change


def redrive(target: str, most: int) -> str:
    arn = f"arn:aws:sqs:us-east-1:123456789012:{target}"
    return json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": most})


def _subscription(patient: Patient, topic_arn: str) -> str:
    answer = patient.ask("sns", "list_subscriptions_by_topic", TopicArn=topic_arn)
    assert isinstance(answer, dict)
    found: str = answer["Subscriptions"][0]["SubscriptionArn"]
    return found


def unsubscribed(topic_arn: str) -> Break:
    def change(patient: Patient) -> None:
        patient.ask("sns", "unsubscribe", SubscriptionArn=_subscription(patient, topic_arn))

    return change


def filtered(topic_arn: str) -> Break:
    def change(patient: Patient) -> None:
        patient.ask(
            "sns",
            "set_subscription_attributes",
            SubscriptionArn=_subscription(patient, topic_arn),
            AttributeName="FilterPolicy",
            AttributeValue='{"kind": ["none"]}',
        )

    return change


def pending(name: str) -> Break:
    """Subscribed while the queue was not there, so that nobody has confirmed it."""

    def change(patient: Patient) -> None:
        url = patient.aws.queue_url.replace("postroom-feedback", name)
        topic_arn = f"arn:aws:sns:us-east-1:123456789012:{name}"
        endpoint = f"arn:aws:sqs:us-east-1:123456789012:{name}"
        kept = patient.aws.sqs.get_queue_attributes(
            QueueUrl=url, AttributeNames=["Policy", "RedrivePolicy"]
        )["Attributes"]
        patient.ask("sns", "unsubscribe", SubscriptionArn=_subscription(patient, topic_arn))
        patient.aws.sqs.delete_queue(QueueUrl=url)
        patient.ask("sns", "subscribe", TopicArn=topic_arn, Protocol="sqs", Endpoint=endpoint)
        patient.aws.sqs.create_queue(QueueName=name, Attributes=kept)

    return change


def destination(**changes: Any) -> Break:
    destination = {
        "Enabled": True,
        "MatchingEventTypes": [
            "SEND",
            "REJECT",
            "BOUNCE",
            "COMPLAINT",
            "DELIVERY",
            "DELIVERY_DELAY",
            "RENDERING_FAILURE",
        ],
        "SnsDestination": {"TopicArn": FEEDBACK_TOPIC},
    }
    return ses(
        "update_configuration_set_event_destination",
        ConfigurationSetName="postroom",
        EventDestinationName="feedback",
        EventDestination=destination | changes,
    )


def rule(**changes: Any) -> Break:
    action = {"S3Action": {"BucketName": "postroom-inbound", "TopicArn": INBOUND_TOPIC}}
    rule = {"Name": "postroom-inbound", "Enabled": True, "ScanEnabled": True, "Actions": [action]}
    return ask("ses", "update_receipt_rule", RuleSetName="postroom", Rule=rule | changes)


def topic(arn: str, name: str, value: str) -> Break:
    return ask(
        "sns", "set_topic_attributes", TopicArn=arn, AttributeName=name, AttributeValue=value
    )


ORGANIZATION = """
INSERT INTO organization (id, name, paused_at, created_at) VALUES (:id, 'a', {}, now())
"""


def organization(paused: bool = False) -> tuple[Break, UUID]:
    made = ids.new()
    moment = "now()" if paused else "NULL"
    return sql(ORGANIZATION.format(moment), id=made), made


def foreign_secret(patient: Patient) -> None:
    make, owner = organization()
    make(patient)
    sql(
        "INSERT INTO webhook (id, organization_id, url, events, secret, enabled, created_at,"
        " updated_at) VALUES (:id, :owner, 'https://x', '{}', 'v1.lost.AAAA', true, now(), now())",
        id=ids.new(),
        owner=owner,
    )(patient)


def bucket_policy(patient: Patient) -> None:
    policy = json.loads(OTHERS)
    policy["Statement"][0] |= {"Action": "s3:PutObject", "Resource": "arn:aws:s3:::x/*"}
    patient.aws.s3.put_bucket_policy(Bucket="postroom-inbound", Policy=json.dumps(policy))
