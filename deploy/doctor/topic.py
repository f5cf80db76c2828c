"""The SNS topic that SES tells, and its subscription that hands on to our queue; of each flow.

Raw delivery may be on or off: the workers read both.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from deploy.doctor import arns, policies
from deploy.doctor.asking import Json, Trouble, unanswered
from deploy.doctor.findings import UP, Finding, Subject, error, judged, ok, warning
from deploy.doctor.world import World

_OF_SNS: Final = "alias/aws/sns"


def subject(flow: str, origin: str) -> Subject:
    """`origin`: the code that finds the topic."""
    return Subject(
        f"{flow} topic",
        {
            f"{flow}_topic": "The SNS topic is there.",
            f"{flow}_topic_policy": "Its policy lets SES publish.",
            f"{flow}_topic_encryption": "It is not encrypted with a key that SES may not use.",
            f"{flow}_subscription": "The queue of the settings is subscribed to it.",
            f"{flow}_subscription_confirmed": "That is confirmed.",
            f"{flow}_subscription_filter": "It lets everything through.",
        },
        needs=(f"{flow}_queue_url", origin),
    )


def examine(world: World, flow: str, source: str) -> Iterator[Finding]:
    """`source`: the ARN that SES acts for, of the configuration set or of the receipt rule."""
    topic, url = world.topics.get(flow), world.queue_url(flow)
    if topic is None or url is None:
        return
    answer = world.ask("sns", "get_topic_attributes", TopicArn=topic)
    if isinstance(answer, Trouble):
        missing = error(f"{flow}_topic", f"{topic} is not there.", UP)
        yield missing if answer.kind == "missing" else unanswered(f"{flow}_topic", answer)
        return
    request = policies.ses("sns:Publish", topic, world.account, source)
    yield from judge_topic(flow, answer["Attributes"], request)
    queue = arns.of_queue(url, world.settings.aws_region)
    yield from judge_subscriptions(flow, queue, *_subscription(world, topic, queue))


def judge_policy(code: str, policy: str, request: policies.Request, who: str) -> Finding:
    """Also of queues and buckets."""
    verdict = policies.allows(policy, request)
    if verdict is None:
        says = f"Its policy has a condition that the doctor does not know: can {who}?"
        return warning(code, says, "The probe tells; else read the policy, or: " + UP)
    wrong = f"The policy of {request.resource} does not let {who}."
    return judged(code, verdict, f"It lets {who}.", wrong, UP)


def judge_topic(
    flow: str, attributes: Mapping[str, str], request: policies.Request
) -> Iterator[Finding]:
    """`attributes`: of GetTopicAttributes."""
    yield ok(f"{flow}_topic", f"{request.resource}.")
    policy = attributes.get("Policy", "")
    yield judge_policy(f"{flow}_topic_policy", policy, request, "SES publish")
    yield judged(
        f"{flow}_topic_encryption",
        _OF_SNS not in attributes.get("KmsMasterKeyId", ""),
        "It has none, or a key of your own.",
        "It is encrypted with AWS's own key, whose policy SES is not in and cannot be put into.",
        f"aws sns set-topic-attributes --attribute-name KmsMasterKeyId --attribute-value ''"
        f" --topic-arn {request.resource}",
    )


def _subscription(world: World, topic: str, queue: str) -> tuple[Json | Trouble, Json | Trouble]:
    """All of the topic, and the attributes of our queue's."""
    listed = world.ask("sns", "list_subscriptions_by_topic", TopicArn=topic)
    nothing: Json = {}
    if isinstance(listed, Trouble):
        return listed, nothing
    arn = _arn_of(listed, queue)
    if arn is None or not arn.startswith("arn:"):
        return listed, nothing
    return listed, world.ask("sns", "get_subscription_attributes", SubscriptionArn=arn)


def _arn_of(listed: Mapping[str, Any], queue: str) -> str | None:
    found = (one for one in listed.get("Subscriptions", []) if one.get("Endpoint") == queue)
    return next((one.get("SubscriptionArn") for one in found), None)


def judge_subscriptions(
    flow: str, queue: str, listed: Json | Trouble, answer: Json | Trouble
) -> Iterator[Finding]:
    """`listed`: of ListSubscriptionsByTopic; `answer`: of GetSubscriptionAttributes."""
    code = f"{flow}_subscription"
    if isinstance(listed, Trouble):
        yield unanswered(code, listed)
        return
    arn = _arn_of(listed, queue)
    if arn is None:
        yield error(code, f"{queue} is not subscribed: nothing reaches it.", UP)
        return
    if isinstance(answer, Trouble):
        yield unanswered(code, answer)
        return
    attributes = answer.get("Attributes", {})
    raw = attributes.get("RawMessageDelivery") == "true"
    yield ok(code, f"Subscribed, raw delivery {'on' if raw else 'off'}.")
    pending = not arn.startswith("arn:") or attributes.get("PendingConfirmation") == "true"
    wrong = f"The subscription of {queue} waits for its confirmation."
    yield judged(f"{code}_confirmed", not pending, "It is confirmed.", wrong, UP)
    if not pending:
        yield _judge_filter(f"{code}_filter", arn, attributes)


def _judge_filter(code: str, arn: str, attributes: Mapping[str, str]) -> Finding:
    policy = attributes.get("FilterPolicy") or "{}"
    mend = (
        "aws sns set-subscription-attributes --attribute-name FilterPolicy --attribute-value '{}'"
        f" --subscription-arn {arn}"
    )
    wrong = "It has a filter, which keeps notifications away."
    return judged(code, json.loads(policy) == {}, "It has no filter.", wrong, mend)
