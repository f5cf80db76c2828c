"""Fifty ways to break a set-up, each by the code that the doctor must then say."""

import json
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from common import clock, ids
from common.models.base import UUID
from deploy.doctor import topic
from tests.integration.deploy.doctor.conftest import DOMAIN, Patient

FEEDBACK_TOPIC = "arn:aws:sns:us-east-1:123456789012:postroom-feedback"
INBOUND_TOPIC = "arn:aws:sns:us-east-1:123456789012:postroom-inbound"
OTHERS = json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "999999999999"}}]})
Break = Callable[[Patient], None]


def _ses(operation: str, **members: Any) -> Break:
    return lambda patient: _called(patient.aws.ses, operation, members)


def _called(client: Any, operation: str, members: dict[str, Any]) -> None:
    getattr(client, operation)(**members)


def _ask(service: str, operation: str, **members: Any) -> Break:
    """By the doctor's own clients, which are there."""

    def change(patient: Patient) -> None:
        answer = patient.ask(service, operation, **members)
        assert isinstance(answer, dict), answer

    return change


def _account(**members: Any) -> Break:
    return lambda patient: patient.aws.post("/account", **members)


def _settings(**members: Any) -> Break:
    return lambda patient: patient.change(**members)


def _sql(statement: str, **parameters: Any) -> Break:
    def change(patient: Patient) -> None:
        with patient.engine.begin() as connection:
            connection.execute(sa.text(statement), parameters)

    return change


def _queue(name: str, **attributes: str) -> Break:
    def change(patient: Patient) -> None:
        url = patient.aws.queue_url.replace("postroom-feedback", name)
        patient.aws.sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)

    return change


def _without_queue(name: str) -> Break:
    def change(patient: Patient) -> None:
        url = patient.aws.queue_url.replace("postroom-feedback", name)
        patient.aws.sqs.delete_queue(QueueUrl=url)

    return change


def _letters(name: str, count: int) -> Break:
    def change(patient: Patient) -> None:
        url = patient.aws.queue_url.replace("postroom-feedback", name)
        entries = [{"Id": str(n), "MessageBody": "x"} for n in range(10)]
        for _ in range(max(1, count // 10)):
            patient.aws.sqs.send_message_batch(QueueUrl=url, Entries=entries[:count])  # type: ignore[arg-type]

    return change


def _redrive(name: str, target: str, most: int) -> str:
    arn = f"arn:aws:sqs:us-east-1:123456789012:{target}"
    return json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": most})


def _subscription(patient: Patient, topic_arn: str) -> str:
    answer = patient.ask("sns", "list_subscriptions_by_topic", TopicArn=topic_arn)
    assert isinstance(answer, dict)
    found: str = answer["Subscriptions"][0]["SubscriptionArn"]
    return found


def _unsubscribed(topic_arn: str) -> Break:
    def change(patient: Patient) -> None:
        patient.ask("sns", "unsubscribe", SubscriptionArn=_subscription(patient, topic_arn))

    return change


def _filtered(topic_arn: str) -> Break:
    def change(patient: Patient) -> None:
        patient.ask(
            "sns",
            "set_subscription_attributes",
            SubscriptionArn=_subscription(patient, topic_arn),
            AttributeName="FilterPolicy",
            AttributeValue='{"kind": ["none"]}',
        )

    return change


def _pending(name: str) -> Break:
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


def _destination(**changes: Any) -> Break:
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
    return _ses(
        "update_configuration_set_event_destination",
        ConfigurationSetName="postroom",
        EventDestinationName="feedback",
        EventDestination=destination | changes,
    )


def _rule(**changes: Any) -> Break:
    action = {"S3Action": {"BucketName": "postroom-inbound", "TopicArn": INBOUND_TOPIC}}
    rule = {"Name": "postroom-inbound", "Enabled": True, "ScanEnabled": True, "Actions": [action]}
    return _ask("ses", "update_receipt_rule", RuleSetName="postroom", Rule=rule | changes)


def _topic(arn: str, name: str, value: str) -> Break:
    return _ask(
        "sns", "set_topic_attributes", TopicArn=arn, AttributeName=name, AttributeValue=value
    )


ORGANIZATION = (
    "INSERT INTO organization (id, name, paused_at, created_at) VALUES (:id, 'a', {}, :now)"
)


def _organization(paused: bool = False) -> tuple[Break, UUID]:
    made = ids.new()
    moment = "now()" if paused else "NULL"
    return _sql(ORGANIZATION.format(moment), id=made, now=clock.now()), made


def _foreign_secret(patient: Patient) -> None:
    make, owner = _organization()
    make(patient)
    _sql(
        "INSERT INTO webhook (id, organization_id, url, events, secret, enabled, created_at,"
        " updated_at) VALUES (:id, :owner, 'https://x', '{}', 'v1.lost.AAAA', true, now(), now())",
        id=ids.new(),
        owner=owner,
    )(patient)


def _bucket_policy(patient: Patient) -> None:
    policy = json.loads(OTHERS)
    policy["Statement"][0] |= {"Action": "s3:PutObject", "Resource": "arn:aws:s3:::x/*"}
    patient.aws.s3.put_bucket_policy(Bucket="postroom-inbound", Policy=json.dumps(policy))


BREAKS: dict[str, Break] = {
    "region": _settings(inbound_queue_url="https://sqs.eu-west-1.amazonaws.com/123456789012/q"),
    "secret_keys": _settings(secret_keys=None),
    "secret_keys_stored": _foreign_secret,
    "schema": _sql("UPDATE alembic_version SET version_num = 'before'"),
    "status_worker": _sql("UPDATE checkpoint SET at = now() - interval '1 hour'"),
    "organizations": _organization(paused=True)[0],
    "ses_sandbox": _account(productionAccessEnabled=False),
    "ses_enforcement": _account(enforcementStatus="PROBATION"),
    "ses_sending": _account(sendingEnabled=False),
    "ses_quota": _account(max24HourSend=100, sentLast24Hours=85),
    "identity": _ses("delete_email_identity", EmailIdentity=DOMAIN),
    "identity_dkim": _ses(
        "put_email_identity_dkim_attributes", EmailIdentity=DOMAIN, SigningEnabled=False
    ),
    "identity_mail_from": _ses(
        "put_email_identity_mail_from_attributes",
        EmailIdentity=DOMAIN,
        MailFromDomain=f"unverified.{DOMAIN}",
        BehaviorOnMxFailure="REJECT_MESSAGE",
    ),
    "configuration_set": _settings(configuration_set="another"),
    "configuration_set_sending": _ses(
        "put_configuration_set_sending_options",
        ConfigurationSetName="postroom",
        SendingEnabled=False,
    ),
    "event_destination": _ses(
        "delete_configuration_set_event_destination",
        ConfigurationSetName="postroom",
        EventDestinationName="feedback",
    ),
    "event_destination_enabled": _destination(Enabled=False),
    "event_types": _destination(MatchingEventTypes=["SEND", "DELIVERY", "BOUNCE"]),
    "feedback_queue_url": _settings(feedback_queue_url=None),
    "feedback_topic": _ask("sns", "delete_topic", TopicArn=FEEDBACK_TOPIC),
    "feedback_topic_policy": _topic(FEEDBACK_TOPIC, "Policy", OTHERS),
    "feedback_topic_encryption": _topic(FEEDBACK_TOPIC, "KmsMasterKeyId", topic._OF_SNS),
    "feedback_subscription": _unsubscribed(FEEDBACK_TOPIC),
    "feedback_subscription_confirmed": _pending("postroom-feedback"),
    "feedback_subscription_filter": _filtered(FEEDBACK_TOPIC),
    "feedback_queue": _without_queue("postroom-feedback"),
    "feedback_queue_encryption": _queue("postroom-feedback", KmsMasterKeyId="alias/aws/sqs"),
    "feedback_queue_retention": _queue("postroom-feedback", MessageRetentionPeriod="3600"),
    "feedback_lag": _letters("postroom-feedback", 1000),
    "feedback_dead_letter_queue": _queue("postroom-feedback", RedrivePolicy=""),
    "feedback_max_receives": _queue(
        "postroom-feedback", RedrivePolicy=_redrive("x", "postroom-feedback-dead", 2)
    ),
    "feedback_dead_letters": _letters("postroom-feedback-dead", 1),
    "feedback_queue_policy": _queue("postroom-feedback", Policy=OTHERS),
    "receipt_rule_set": _ask("ses", "set_active_receipt_rule_set"),
    "receipt_rule": _rule(Recipients=["another.example"]),
    "receipt_rule_enabled": _rule(Enabled=False),
    "receipt_rule_scan": _rule(ScanEnabled=False),
    "receipt_rule_action": _rule(Actions=[{"StopAction": {"Scope": "RuleSet"}}]),
    "inbound_bucket": lambda patient: _called(
        patient.aws.s3, "delete_bucket", {"Bucket": "postroom-inbound"}
    ),
    "inbound_bucket_policy": _bucket_policy,
    "inbound_topic": _ask("sns", "delete_topic", TopicArn=INBOUND_TOPIC),
    "inbound_topic_policy": _topic(INBOUND_TOPIC, "Policy", OTHERS),
    "inbound_subscription": _unsubscribed(INBOUND_TOPIC),
    "inbound_subscription_confirmed": _pending("postroom-inbound"),
    "inbound_queue": _without_queue("postroom-inbound"),
    "inbound_queue_policy": _queue("postroom-inbound", Policy=""),
    "inbound_dead_letter_queue": _without_queue("postroom-inbound-dead"),
    "inbound_dead_letters": _letters("postroom-inbound-dead", 3),
    "inbound_lag": _letters("postroom-inbound", 1000),
}
