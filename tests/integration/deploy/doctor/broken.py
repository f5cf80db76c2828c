"""Each way to break the set-up, by the code that the doctor must then say."""

from tests.integration.deploy.doctor import breaking
from tests.integration.deploy.doctor.conftest import DOMAIN

BREAKS: dict[str, breaking.Break] = {
    "secret_keys": breaking.settings(secret_keys=None),
    "secret_keys_stored": breaking.foreign_secret,
    "schema": breaking.sql("UPDATE alembic_version SET version_num = 'before'"),
    "status_worker": breaking.sql("UPDATE checkpoint SET at = now() - interval '1 hour'"),
    "organizations": breaking.organization(paused=True)[0],
    "ses_sandbox": breaking.account(productionAccessEnabled=False),
    "ses_enforcement": breaking.account(enforcementStatus="PROBATION"),
    "ses_sending": breaking.account(sendingEnabled=False),
    "ses_quota": breaking.account(max24HourSend=100, sentLast24Hours=85),
    "identity": breaking.ses("delete_email_identity", EmailIdentity=DOMAIN),
    "identity_dkim": breaking.ses(
        "put_email_identity_dkim_attributes", EmailIdentity=DOMAIN, SigningEnabled=False
    ),
    "identity_mail_from": breaking.ses(
        "put_email_identity_mail_from_attributes",
        EmailIdentity=DOMAIN,
        MailFromDomain=f"unverified.{DOMAIN}",
        BehaviorOnMxFailure="REJECT_MESSAGE",
    ),
    "configuration_set": breaking.settings(configuration_set="another"),
    "configuration_set_sending": breaking.ses(
        "put_configuration_set_sending_options",
        ConfigurationSetName="postroom",
        SendingEnabled=False,
    ),
    "event_destination": breaking.ses(
        "delete_configuration_set_event_destination",
        ConfigurationSetName="postroom",
        EventDestinationName="feedback",
    ),
    "event_destination_enabled": breaking.destination(Enabled=False),
    "event_types": breaking.destination(MatchingEventTypes=["SEND", "DELIVERY", "BOUNCE"]),
    "feedback_queue_url": breaking.settings(feedback_queue_url=None),
    "feedback_topic": breaking.ask("sns", "delete_topic", TopicArn=breaking.FEEDBACK_TOPIC),
    "feedback_topic_policy": breaking.topic(breaking.FEEDBACK_TOPIC, "Policy", breaking.OTHERS),
    "feedback_topic_encryption": breaking.topic(
        breaking.FEEDBACK_TOPIC, "KmsMasterKeyId", "alias/aws/sns"
    ),
    "feedback_subscription": breaking.unsubscribed(breaking.FEEDBACK_TOPIC),
    "feedback_subscription_confirmed": breaking.pending("postroom-feedback"),
    "feedback_subscription_filter": breaking.filtered(breaking.FEEDBACK_TOPIC),
    "feedback_queue": breaking.without_queue("postroom-feedback"),
    "feedback_queue_encryption": breaking.queue(
        "postroom-feedback", KmsMasterKeyId="alias/aws/sqs"
    ),
    "feedback_queue_retention": breaking.queue("postroom-feedback", MessageRetentionPeriod="3600"),
    "feedback_lag": breaking.letters("postroom-feedback", 1000),
    "feedback_dead_letter_queue": breaking.queue("postroom-feedback", RedrivePolicy=""),
    "feedback_max_receives": breaking.queue(
        "postroom-feedback", RedrivePolicy=breaking.redrive("postroom-feedback-dead", 2)
    ),
    "feedback_dead_letters": breaking.letters("postroom-feedback-dead", 1),
    "feedback_queue_policy": breaking.queue("postroom-feedback", Policy=breaking.OTHERS),
    "receipt_rule_set": breaking.ask("ses", "set_active_receipt_rule_set"),
    "receipt_rule": breaking.rule(Recipients=["another.example"]),
    "receipt_rule_enabled": breaking.rule(Enabled=False),
    "receipt_rule_scan": breaking.rule(ScanEnabled=False),
    "receipt_rule_action": breaking.rule(Actions=[{"StopAction": {"Scope": "RuleSet"}}]),
    "inbound_bucket": lambda patient: breaking.called(
        patient.aws.s3, "delete_bucket", {"Bucket": "postroom-inbound"}
    ),
    "inbound_bucket_policy": breaking.bucket_policy,
    "inbound_topic": breaking.ask("sns", "delete_topic", TopicArn=breaking.INBOUND_TOPIC),
    "inbound_topic_policy": breaking.topic(breaking.INBOUND_TOPIC, "Policy", breaking.OTHERS),
    "inbound_subscription": breaking.unsubscribed(breaking.INBOUND_TOPIC),
    "inbound_subscription_confirmed": breaking.pending("postroom-inbound"),
    "inbound_queue": breaking.without_queue("postroom-inbound"),
    "inbound_queue_policy": breaking.queue("postroom-inbound", Policy=""),
    "inbound_dead_letter_queue": breaking.without_queue("postroom-inbound-dead"),
    "inbound_dead_letters": breaking.letters("postroom-inbound-dead", 3),
    "inbound_lag": breaking.letters("postroom-inbound", 1000),
}
