"""The SQS queue that a worker reads, and the one for what it cannot read; of each flow.

SQS tells the age of a queue's oldest letter to CloudWatch alone, so lag is told by how many wait;
how old feedback gets, `status_worker` says.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from common import checks
from deploy.doctor import arns, policies
from deploy.doctor.asking import Json, Trouble, unanswered
from deploy.doctor.findings import UP, Finding, Subject, error, judged, ok, skipped, warning
from deploy.doctor.topic import judge_policy
from deploy.doctor.world import World

FEWEST_RECEIVES, MOST_RECEIVES = 5, 19
"""Each death of a worker is a receive of all that it held, and from 20 on it deletes itself what it
cannot read (`services/status/feed.py`).
"""
SHORTEST_RETENTION: Final = 4 * 24 * 3600
_OF_SQS: Final = "alias/aws/sqs"
_SETTINGS: Final = {
    "feedback": "POSTROOM_FEEDBACK_QUEUE_URL",
    "inbound": "POSTROOM_INBOUND_QUEUE_URL",
}


def url_subject(flow: str) -> Subject:
    codes = {f"{flow}_queue_url": f"`{_SETTINGS[flow]}` is set."}
    return Subject(f"{flow} setting", codes, needs=("settings",))


def subject(flow: str) -> Subject:
    return Subject(
        f"{flow} queue",
        {
            f"{flow}_queue": "The SQS queue is there.",
            f"{flow}_queue_encryption": "It is not encrypted with a key that SNS may not use.",
            f"{flow}_queue_retention": "It keeps letters for four days at least.",
            f"{flow}_lag": f"Fewer than {checks.MANY} letters wait.",
            f"{flow}_dead_letter_queue": "It has a dead-letter queue.",
            f"{flow}_max_receives": (
                f"Letters go there after {FEWEST_RECEIVES} to {MOST_RECEIVES} receives."
            ),
            f"{flow}_dead_letters": "Nothing lies there.",
            f"{flow}_queue_policy": "Its policy lets the topic send.",
        },
        needs=("credentials", f"{flow}_queue_url"),
    )


def examine_url(world: World, flow: str) -> Iterator[Finding]:
    """To send without hearing of it makes no sense; not to receive does."""
    code, name = f"{flow}_queue_url", _SETTINGS[flow]
    if world.queue_url(flow):
        yield ok(code, "It is set.")
    elif flow == "inbound":
        yield Finding(code, "skipped", f"{name} is not set: no mail is received.")
    else:
        mend = f"export {name}=$(aws sqs get-queue-url --queue-name postroom-{flow} --output text)"
        yield error(code, f"{name} is not set: no feedback is read.", mend)


def examine(world: World, flow: str) -> Iterator[Finding]:
    url = world.queue_url(flow)
    if url is None:
        return
    answer = _attributes(world, url)
    if isinstance(answer, Trouble):
        missing = error(f"{flow}_queue", f"{url} is not there.", UP)
        yield missing if answer.kind == "missing" else unanswered(f"{flow}_queue", answer)
        return
    yield from judge(flow, answer)
    yield from _judge_dead_letters(world, flow, answer)
    topic = world.topics.get(flow)
    if topic is None:
        yield skipped(f"{flow}_queue_policy", f"{flow}_topic")
        return
    queue = arns.of_queue(url, world.settings.aws_region)
    request = policies.sns(queue, topic, world.account)
    policy = answer.get("Policy", "")
    yield judge_policy(f"{flow}_queue_policy", policy, request, "the topic send")


def _attributes(world: World, url: str) -> Json | Trouble:
    answer = world.ask("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"])
    return answer if isinstance(answer, Trouble) else answer.get("Attributes", {})


def judge(flow: str, attributes: Mapping[str, str]) -> Iterator[Finding]:
    """`attributes`: of GetQueueAttributes, all."""
    yield ok(f"{flow}_queue", f"{attributes.get('QueueArn')}.")
    yield judged(
        f"{flow}_queue_encryption",
        _OF_SQS not in attributes.get("KmsMasterKeyId", ""),
        "It has none, SQS's own, or a key of yours.",
        "It is encrypted with a key of AWS, whose policy SNS is not in and cannot be put into.",
        UP,
    )
    seconds = int(attributes.get("MessageRetentionPeriod", 0))
    says = f"Letters are kept for {seconds / 86400:.1f} days"
    if seconds < SHORTEST_RETENTION:
        wrong = f"{says}: an outage of a weekend loses them."
        yield warning(f"{flow}_queue_retention", wrong, UP)
    else:
        yield ok(f"{flow}_queue_retention", f"{says}.")
    yield checks.lag(flow, int(attributes.get("ApproximateNumberOfMessages", 0)))


def _judge_dead_letters(
    world: World, flow: str, attributes: Mapping[str, str]
) -> Iterator[Finding]:
    redrive = json.loads(attributes.get("RedrivePolicy") or "{}")
    target = redrive.get("deadLetterTargetArn")
    if not target:
        says = "It has none: what cannot be read comes again and again, and is then deleted."
        yield warning(f"{flow}_dead_letter_queue", says, UP)
        for code in ("max_receives", "dead_letters"):
            yield skipped(f"{flow}_{code}", f"{flow}_dead_letter_queue")
        return
    most = int(redrive.get("maxReceiveCount", 0))
    if flow == "feedback":
        world.max_receives = most
    yield from _judge_target(flow, target, most, _dead(world, target))


def _dead(world: World, target: str) -> Json | Trouble:
    account, name = target.split(":")[-2:]
    answer = world.ask("sqs", "get_queue_url", QueueName=name, QueueOwnerAWSAccountId=account)
    return answer if isinstance(answer, Trouble) else _attributes(world, answer["QueueUrl"])


def _judge_target(
    flow: str, target: str, most: int, dead: Mapping[str, Any] | Trouble
) -> Iterator[Finding]:
    code = f"{flow}_dead_letter_queue"
    if isinstance(dead, Trouble):
        gone = error(code, f"{target} is not there: letters stay and come again.", UP)
        yield gone if dead.kind == "missing" else unanswered(code, dead)
        yield skipped(f"{flow}_max_receives", code)
        yield skipped(f"{flow}_dead_letters", code)
        return
    yield ok(code, f"{target}.")
    if FEWEST_RECEIVES <= most <= MOST_RECEIVES:
        yield ok(f"{flow}_max_receives", f"{most}.")
    else:
        says = f"maxReceiveCount is {most}, and should be {FEWEST_RECEIVES} to {MOST_RECEIVES}."
        yield warning(f"{flow}_max_receives", says, UP)
    lying = int(dead.get("ApproximateNumberOfMessages", 0))
    if lying:
        says = f"{lying} letters could not be read or stored."
        mend = f"aws sqs start-message-move-task --source-arn {target}  # once the cause is mended"
        yield warning(f"{flow}_dead_letters", says, mend)
    else:
        yield ok(f"{flow}_dead_letters", "None.")
