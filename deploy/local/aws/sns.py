"""SNS over its query protocol: topics, their subscriptions, and which queues they reach.

A subscription of a queue that is there is confirmed at once, as AWS does within an account; one of
a queue that is not, or of anything else, stays pending.
https://docs.aws.amazon.com/sns/latest/api/API_Operations.html
"""

import json
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Final
from uuid import uuid4

from deploy.local.aws import policies, query
from deploy.local.aws.arns import ACCOUNT, arn
from deploy.local.aws.errors import AwsError
from deploy.local.aws.query import Body, Entries, is_true
from deploy.local.aws.sqs.queue import Queue

NAMESPACE: Final = "http://sns.amazonaws.com/doc/2010-03-31/"
PENDING: Final = "PendingConfirmation"
QUEUES: Final = arn("sqs", "")
Attributes = dict[str, str]


class Sns:
    def __init__(self, queue: Callable[[str], Queue | None]) -> None:
        """`queue`: the queue of a name, if there is one."""
        self._queue = queue
        self._topics: dict[str, Attributes] = {}
        self._subscriptions: dict[str, Attributes] = {}
        self.handle = query.service(
            {
                "CreateTopic": self.create_topic,
                "DeleteTopic": self.delete_topic,
                "ListTopics": self.list_topics,
                "GetTopicAttributes": self.topic_attributes,
                "SetTopicAttributes": self.set_topic_attribute,
                "Subscribe": self.subscribe,
                "Unsubscribe": self.unsubscribe,
                "ListSubscriptionsByTopic": self.subscriptions,
                "GetSubscriptionAttributes": self.subscription_attributes,
                "SetSubscriptionAttributes": self.set_subscription_attribute,
                "ListTagsForResource": lambda _: {"Tags": []},
                "TagResource": lambda _: {},
            },
            NAMESPACE,
        )

    def wire(self, topic: str, queue: str) -> None:
        """A topic that SES may publish to, with that queue subscribed to it."""
        created = self.create_topic({"Name": topic.rpartition(":")[2]})["TopicArn"]
        self._topics[created]["Policy"] = policies.ses_publishes(created)
        self.subscribe({"TopicArn": created, "Protocol": "sqs", "Endpoint": QUEUES + queue})

    def deliver(self, topic: str, body: str) -> None:
        """A notification to all who are subscribed; the message alone where it is asked for raw."""
        for subscription in self._of(topic):
            queue = self._queue_of(subscription)
            if queue is not None and not is_true(subscription[PENDING]):
                raw = is_true(subscription.get("RawMessageDelivery"))
                queue.put(json.loads(body)["Message"] if raw else body)

    def _queue_of(self, subscription: Attributes) -> Queue | None:
        endpoint = subscription["Endpoint"]
        if subscription["Protocol"] != "sqs" or not endpoint.startswith(QUEUES):
            return None
        return self._queue(endpoint.removeprefix(QUEUES))

    def create_topic(self, body: Body) -> Body:
        """Again with the same name: the topic that is there."""
        topic = arn("sns", body["Name"])
        self._topics.setdefault(topic, {"TopicArn": topic, "Owner": ACCOUNT, "Policy": ""})
        self._topics[topic] |= body.get("Attributes") or {}
        return {"TopicArn": topic}

    def delete_topic(self, body: Body) -> Body:
        for subscription in list(self._of(body["TopicArn"])):
            del self._subscriptions[subscription["SubscriptionArn"]]
        self._topics.pop(body["TopicArn"], None)
        return {}

    def list_topics(self, _: Body) -> Body:
        return {"Topics": [{"TopicArn": topic} for topic in self._topics]}

    def topic_attributes(self, body: Body) -> Body:
        return {"Attributes": Entries(self._topic(body))}

    def set_topic_attribute(self, body: Body) -> Body:
        self._topic(body)[body["AttributeName"]] = body.get("AttributeValue", "")
        return {}

    def subscribe(self, body: Body) -> Body:
        """Again with the same endpoint: the subscription that is there."""
        topic = self._topic(body)["TopicArn"]
        known = {one["Endpoint"]: one["SubscriptionArn"] for one in self._of(topic)}
        asked = body.get("Attributes") or {}
        told = {"TopicArn": topic, "Protocol": body["Protocol"], "Endpoint": body["Endpoint"]}
        found = known.get(told["Endpoint"], f"{topic}:{uuid4()}")
        made = told | {"SubscriptionArn": found, "Owner": ACCOUNT, "RawMessageDelivery": "false"}
        pending = str(self._queue_of(told) is None).lower()
        self._subscriptions.setdefault(found, made | {PENDING: pending}).update(asked)
        return {"SubscriptionArn": found if pending == "false" else "pending confirmation"}

    def unsubscribe(self, body: Body) -> Body:
        self._subscriptions.pop(body["SubscriptionArn"], None)
        return {}

    def subscriptions(self, body: Body) -> Body:
        shown = ("SubscriptionArn", "Owner", "Protocol", "Endpoint", "TopicArn")
        found = [{name: one[name] for name in shown} for one in self._of(self._topic_arn(body))]
        for one in found:
            if is_true(self._subscriptions[one["SubscriptionArn"]][PENDING]):
                one["SubscriptionArn"] = PENDING
        return {"Subscriptions": found}

    def subscription_attributes(self, body: Body) -> Body:
        return {"Attributes": Entries(self._subscription(body))}

    def set_subscription_attribute(self, body: Body) -> Body:
        self._subscription(body)[body["AttributeName"]] = body.get("AttributeValue", "")
        return {}

    def _of(self, topic: str) -> Iterator[Attributes]:
        return (one for one in self._subscriptions.values() if one["TopicArn"] == topic)

    def _topic_arn(self, body: Body) -> str:
        return self._topic(body)["TopicArn"]

    def _topic(self, body: Body) -> Attributes:
        return _found(self._topics, body["TopicArn"], "Topic")

    def _subscription(self, body: Body) -> Attributes:
        return _found(self._subscriptions, body["SubscriptionArn"], "Subscription")


def _found(known: dict[str, Attributes], name: str, noun: str) -> Attributes:
    if name not in known:
        raise AwsError("NotFound", f"{noun} does not exist", HTTPStatus.NOT_FOUND)
    return known[name]
