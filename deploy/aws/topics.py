"""SNS: where SES tells, and what passes it on to a queue."""

import json
from dataclasses import dataclass
from typing import Final

from botocore.exceptions import ClientError

from deploy.aws import desired
from deploy.aws.blueprint import Flow
from deploy.aws.comparison import differing, same
from deploy.aws.resource import Account, Found, is_missing, judged

_UNFILTERED: Final = {"FilterPolicy": "{}"}
"""As SNS takes it; it tells of none by silence."""
_SUBSCRIBED: Final = _UNFILTERED | {"RawMessageDelivery": desired.RAW_DELIVERY}


@dataclass(frozen=True, slots=True)
class Topic:
    account: Account
    flow: Flow

    @property
    def title(self) -> str:
        return f"SNS topic {self.account.blueprint.topic(self.flow)}"

    @property
    def _arn(self) -> str:
        return self.account.blueprint.topic_arn(self.flow)

    def find(self) -> Found | None:
        sns = self.account.clients.sns
        try:
            attributes = sns.get_topic_attributes(TopicArn=self._arn)["Attributes"]
            tags = sns.list_tags_for_resource(ResourceArn=self._arn).get("Tags")
        except ClientError as error:
            if is_missing(error):
                return None
            raise
        wanted = self.account.blueprint.topic_policy(self.flow)
        differs = () if same(attributes.get("Policy"), wanted) else ("Policy",)
        return judged(self.account, self.title, tags, differs)

    def make(self) -> None:
        policy = json.dumps(self.account.blueprint.topic_policy(self.flow))
        self.account.clients.sns.create_topic(
            Name=self.account.blueprint.topic(self.flow),
            Attributes={"Policy": policy},
            Tags=self.account.tags,
        )

    def mend(self) -> None:
        policy = json.dumps(self.account.blueprint.topic_policy(self.flow))
        sns = self.account.clients.sns
        sns.tag_resource(ResourceArn=self._arn, Tags=self.account.tags)
        sns.set_topic_attributes(TopicArn=self._arn, AttributeName="Policy", AttributeValue=policy)

    def delete(self) -> None:
        """And its subscriptions with it."""
        self.account.clients.sns.delete_topic(TopicArn=self._arn)


@dataclass(frozen=True, slots=True)
class Subscription:
    """Of the queue to the topic of the same account: SNS asks nobody to confirm it."""

    account: Account
    flow: Flow

    @property
    def title(self) -> str:
        return f"SNS subscription of {self.account.blueprint.queue(self.flow)}"

    def find(self) -> Found | None:
        arn = self._arn()
        if arn is None:
            return None
        sns = self.account.clients.sns
        shown = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        return Found(differs=differing(_SUBSCRIBED, _UNFILTERED | shown))

    def make(self) -> None:
        self.account.clients.sns.subscribe(
            TopicArn=self.account.blueprint.topic_arn(self.flow),
            Protocol="sqs",
            Endpoint=self.account.blueprint.queue_arn(self.flow),
            Attributes={"RawMessageDelivery": desired.RAW_DELIVERY},
        )

    def mend(self) -> None:
        arn = self._arn()
        for name, value in _SUBSCRIBED.items() if arn else ():
            self.account.clients.sns.set_subscription_attributes(
                SubscriptionArn=arn or "", AttributeName=name, AttributeValue=value
            )

    def delete(self) -> None:
        arn = self._arn()
        if arn is not None:
            self.account.clients.sns.unsubscribe(SubscriptionArn=arn)

    def _arn(self) -> str | None:
        """None too where it waits to be confirmed: then it is asked for again."""
        pages = self.account.clients.sns.get_paginator("list_subscriptions_by_topic")
        queue = self.account.blueprint.queue_arn(self.flow)
        try:
            for page in pages.paginate(TopicArn=self.account.blueprint.topic_arn(self.flow)):
                for one in page["Subscriptions"]:
                    if one.get("Endpoint") == queue and one["SubscriptionArn"].startswith("arn:"):
                        return one["SubscriptionArn"]
        except ClientError as error:
            if not is_missing(error):
                raise
        return None
