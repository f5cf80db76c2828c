"""The doctor finds what `up` has made, and names each thing that is taken away again."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from common.settings import Settings
from deploy.doctor import runner, subjects
from deploy.doctor.asking import Ask
from deploy.doctor.findings import Finding
from deploy.doctor.world import World
from tests.integration.deploy.account.conftest import DOMAIN, REGION, Customer

PARTS = subjects.ALL[3:-1]
"""All that is on AWS, but for the probe."""
NOT_YET = {"ses_sandbox", "identity"}
"""This double has no GetAccount, and no DNS to verify a domain by."""
Away = Callable[[Customer], object]


@pytest.fixture(scope="module")
def made(new_customer: Callable[[], Customer]) -> Customer:
    """Where `up` has been."""
    customer = new_customer()
    customer.up()
    return customer


@pytest.fixture
def customer(made: Customer) -> Iterator[Customer]:
    """The same for all tests; what one takes away, `up` makes again for the next."""
    yield made
    made.up()


@pytest.fixture(scope="module")
def ask(made: Customer, url: str) -> Iterator[Ask]:
    """One for all tests: to make a client of boto3 takes longer than all of its calls."""
    settings = Settings(
        database_url="postgresql://x/x",
        redis_url="x",
        aws_url=url,
        aws_region=REGION,
        default_domain=DOMAIN,
        configuration_set=made.blueprint.name,
        feedback_queue_url=made.queue_url(made.blueprint.queue("feedback")),
        inbound_queue_url=made.queue_url(made.blueprint.queue("inbound")),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", made.blueprint.account)
        patch.setenv("AWS_SECRET_ACCESS_KEY", "any")
        ask = Ask(settings)
        yield ask
        ask.close()


def examined(ask: Ask) -> list[Finding]:
    no_engine: Any = None
    return runner.examine(World(ask._settings, no_engine, ask), PARTS)


def wrong(found: list[Finding]) -> set[str]:
    return {one.code for one in found if one.gravity in ("warning", "error")} - NOT_YET


def test_what_up_has_made_is_well(ask: Ask) -> None:
    assert wrong(examined(ask)) == set()


def _topic(flow: Any) -> Away:
    return lambda one: one.clients.sns.delete_topic(TopicArn=one.blueprint.topic_arn(flow))


def _subscription(flow: Any) -> Away:
    def away(one: Customer) -> None:
        found = one.clients.sns.list_subscriptions_by_topic(TopicArn=one.blueprint.topic_arn(flow))
        [subscription] = found["Subscriptions"]
        one.clients.sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])

    return away


def _policy(flow: Any) -> Away:
    return lambda one: one.clients.sns.set_topic_attributes(
        TopicArn=one.blueprint.topic_arn(flow), AttributeName="Policy", AttributeValue=NOBODY
    )


def _queue_policy(flow: Any) -> Away:
    return lambda one: one.clients.sqs.set_queue_attributes(
        QueueUrl=one.queue_url(one.blueprint.queue(flow)), Attributes={"Policy": NOBODY}
    )


def _dead_letters(flow: Any) -> Away:
    return lambda one: one.clients.sqs.delete_queue(
        QueueUrl=one.queue_url(one.blueprint.dead_letters(flow))
    )


NOBODY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": ["sns:Publish", "sqs:SendMessage"],
                "Resource": "*",
            }
        ],
    }
)
AWAY: dict[str, Away] = {
    "configuration_set": lambda one: one.clients.sesv2.delete_configuration_set(
        ConfigurationSetName=one.blueprint.name
    ),
    "event_destination": lambda one: one.clients.sesv2.delete_configuration_set_event_destination(
        ConfigurationSetName=one.blueprint.name, EventDestinationName="feedback"
    ),
    "receipt_rule": lambda one: one.clients.ses.delete_receipt_rule(
        RuleSetName=one.blueprint.receipt_rule_set, RuleName=one.blueprint.receipt_rule
    ),
    "inbound_bucket": lambda one: one.clients.s3.delete_bucket(Bucket=one.blueprint.mail_bucket),
    "inbound_bucket_policy": lambda one: one.clients.s3.delete_bucket_policy(
        Bucket=one.blueprint.mail_bucket
    ),
    **{
        f"{flow}_{what}": away(flow)
        for flow in ("feedback", "inbound")
        for what, away in {
            "topic": _topic,
            "topic_policy": _policy,
            "subscription": _subscription,
            "queue_policy": _queue_policy,
            "dead_letter_queue": _dead_letters,
        }.items()
    },
}


@pytest.mark.parametrize("code", AWAY)
def test_what_is_taken_away_is_named(customer: Customer, ask: Ask, code: str) -> None:
    AWAY[code](customer)

    assert wrong(examined(ask)) == {code}
