"""How each resource shall be set, in the words of AWS's API. Pure."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from deploy.aws import policies
from deploy.aws.blueprint import Blueprint, Flow

if TYPE_CHECKING:  # the stubs are installed where types are checked
    from mypy_boto3_s3.type_defs import (
        LifecycleRuleTypeDef,
        PublicAccessBlockConfigurationTypeDef,
        ServerSideEncryptionRuleTypeDef,
    )
    from mypy_boto3_ses.type_defs import ReceiptRuleTypeDef
    from mypy_boto3_sesv2.literals import EventTypeType
    from mypy_boto3_sesv2.type_defs import EventDestinationDefinitionTypeDef
    from mypy_boto3_sqs.literals import QueueAttributeNameType

    QueueAttributes = dict[QueueAttributeNameType, str]

EVENT_TYPES: "Final[tuple[EventTypeType, ...]]" = (
    "SEND",
    "DELIVERY",
    "BOUNCE",
    "COMPLAINT",
    "REJECT",
    "DELIVERY_DELAY",
    "RENDERING_FAILURE",
)
"""All that `services/status` moves a recipient by."""
EVENT_DESTINATION: Final = "feedback"
MAX_RECEIVES: Final = 15
"""Each death of a worker is a receive of all that it held, and after 20 the workers delete what
they cannot read.
"""
RETENTION_SECONDS: Final = 14 * 24 * 3600
"""SQS's longest."""
VISIBILITY_SECONDS: Final[Mapping[Flow, int]] = {"feedback": 30, "inbound": 120}
"""Feedback is stored in a moment, and silence is only proven after two of these
(services/status/horizon.py). A mail is fetched and parsed, maybe behind another one.
"""
RAW_DELIVERY: Final = "true"
"""Postroom reads SNS's envelope too, but SQS bills each 64 KB."""
PUBLIC_ACCESS: "Final[PublicAccessBlockConfigurationTypeDef]" = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}
ENCRYPTION: "Final[ServerSideEncryptionRuleTypeDef]" = {
    "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}
}
"""Not by the receipt rule's KMS key: that is encryption by the client, which Python has no reader
for. https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-s3.html
"""


def queue(blueprint: Blueprint, flow: Flow) -> "QueueAttributes":
    """Attributes of SQS."""
    redrive = {
        "deadLetterTargetArn": blueprint.dead_letters_arn(flow),
        "maxReceiveCount": MAX_RECEIVES,
    }
    policy = policies.queue(blueprint.queue_arn(flow), blueprint.topic_arn(flow))
    return {
        "MessageRetentionPeriod": str(RETENTION_SECONDS),
        "VisibilityTimeout": str(VISIBILITY_SECONDS[flow]),
        "SqsManagedSseEnabled": "true",
        "RedrivePolicy": json.dumps(redrive),
        "Policy": json.dumps(policy),
    }


def dead_letters(blueprint: Blueprint, flow: Flow) -> "QueueAttributes":
    """Attributes of SQS."""
    allow = {"redrivePermission": "byQueue", "sourceQueueArns": [blueprint.queue_arn(flow)]}
    return {
        "MessageRetentionPeriod": str(RETENTION_SECONDS),
        "SqsManagedSseEnabled": "true",
        "RedriveAllowPolicy": json.dumps(allow),
    }


def event_destination(blueprint: Blueprint) -> "EventDestinationDefinitionTypeDef":
    """Of the configuration set."""
    return {
        "Enabled": True,
        "MatchingEventTypes": list(EVENT_TYPES),
        "SnsDestination": {"TopicArn": blueprint.topic_arn("feedback")},
    }


def receipt_rule(blueprint: Blueprint) -> "ReceiptRuleTypeDef":
    """One action: only the S3 action's own topic says where the mail lies, and each further action
    would tell of the mail once more. `Optional`: mail without TLS is mail too (RFC 3207 section 4).
    """
    return {
        "Name": blueprint.receipt_rule,
        "Enabled": True,
        "TlsPolicy": "Optional",
        "Recipients": [blueprint.domain],
        "Actions": [
            {
                "S3Action": {
                    "BucketName": blueprint.mail_bucket,
                    "TopicArn": blueprint.topic_arn("inbound"),
                }
            }
        ],
        "ScanEnabled": True,
    }


def lifecycle(blueprint: Blueprint) -> "LifecycleRuleTypeDef":
    """Of the bucket: how long received mail is kept as it came."""
    return {
        "ID": "keep",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Expiration": {"Days": blueprint.keep_mail_days},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
    }
