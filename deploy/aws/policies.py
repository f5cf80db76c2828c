"""Who may do what: documents of IAM's policy language as dicts. Pure.

A service of AWS acts for whoever asks it to, so each door that is opened to one names the account
and the resource that it must act for (the "confused deputy"):
https://docs.aws.amazon.com/ses/latest/dg/receiving-email-permissions.html
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-add-event-destination-sns.html
https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html
"""

from typing import Any, Final, Literal

Policy = dict[str, Any]
Service = Literal["api", "sender", "status", "inbound"]

SERVICES: Final[tuple[Service, ...]] = ("api", "sender", "status", "inbound")
READ_QUEUE: Final = (
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibility",
    "sqs:GetQueueAttributes",
)
_SES: Final = {"Service": "ses.amazonaws.com"}


def _document(*statements: Policy) -> Policy:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(sid: str, actions: tuple[str, ...], resources: tuple[str, ...]) -> Policy:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def _acting_for(account: str, arn: str) -> Policy:
    return {"StringEquals": {"aws:SourceAccount": account, "aws:SourceArn": arn}}


def topic(topic_arn: str, account: str, teller_arn: str) -> Policy:
    """SES may tell it, for one configuration set or receipt rule of the account."""
    door = _allow("SesTells", ("sns:Publish",), (topic_arn,))
    return _document(door | {"Principal": _SES, "Condition": _acting_for(account, teller_arn)})


def queue(queue_arn: str, topic_arn: str) -> Policy:
    """One topic may send to it. Nobody else may: what lies in it is believed."""
    door = _allow("TopicSends", ("sqs:SendMessage",), (queue_arn,))
    condition = {"ArnEquals": {"aws:SourceArn": topic_arn}}
    principal = {"Service": "sns.amazonaws.com"}
    return _document(door | {"Principal": principal, "Condition": condition})


def bucket(bucket_arn: str, account: str, rule_arn: str) -> Policy:
    """SES may put mail into it, for one receipt rule."""
    door = _allow("SesPuts", ("s3:PutObject",), (f"{bucket_arn}/*",))
    return _document(door | {"Principal": _SES, "Condition": _acting_for(account, rule_arn)})


def _read_mail(bucket_arn: str) -> tuple[Policy, Policy]:
    """Without ListBucket S3 says AccessDenied of a mail that is gone: that looks like an outage."""
    return (
        _allow("ReadMail", ("s3:GetObject",), (f"{bucket_arn}/*",)),
        _allow("TellGoneFromForbidden", ("s3:ListBucket",), (bucket_arn,)),
    )


def api(bucket_arn: str) -> Policy:
    """`GET .../raw` gives a received mail as it came."""
    return _document(*_read_mail(bucket_arn))


def sender(identity_arn: str, configuration_set_arn: str) -> Policy:
    """SES asks for SendRawEmail where the content is MIME. GetAccount knows no resources."""
    send = ("ses:SendEmail", "ses:SendRawEmail")
    return _document(
        _allow("Send", send, (identity_arn, configuration_set_arn)),
        _allow("Look", ("ses:GetAccount",), ("*",)),
    )


def status(queue_arn: str) -> Policy:
    return _document(_allow("ReadFeedback", READ_QUEUE, (queue_arn,)))


def inbound(queue_arn: str, bucket_arn: str) -> Policy:
    return _document(_allow("ReadNotices", READ_QUEUE, (queue_arn,)), *_read_mail(bucket_arn))


def service_account(provider_arn: str, issuer: str, name: str) -> Policy:
    """A trust policy: `name`, as `NAMESPACE:NAME`, by a token that the cluster made for STS."""
    return _document(
        {
            "Sid": "ServiceAccount",
            "Effect": "Allow",
            "Principal": {"Federated": provider_arn},
            "Action": ["sts:AssumeRoleWithWebIdentity"],
            "Condition": {
                "StringEquals": {
                    f"{issuer}:sub": f"system:serviceaccount:{name}",
                    f"{issuer}:aud": "sts.amazonaws.com",
                }
            },
        }
    )
