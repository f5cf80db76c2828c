"""The configuration set that each mail is sent with, and where it publishes its events."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from deploy.aws.desired import EVENT_TYPES
from deploy.doctor import arns
from deploy.doctor.asking import Ask, Trouble, unanswered
from deploy.doctor.findings import UP, Finding, Subject, error, judged, ok
from deploy.doctor.world import World

NEEDED: Final = EVENT_TYPES
"""SEND heals a message whose sender has died in the call."""
SUBJECT: Final = Subject(
    "configuration set",
    {
        "configuration_set": "`POSTROOM_CONFIGURATION_SET` is there.",
        "configuration_set_sending": "Sending is enabled for it.",
        "event_destination": "It publishes its events to an SNS topic.",
        "event_destination_enabled": "That is switched on.",
        "event_types": f"It publishes {', '.join(NEEDED)}.",
    },
    needs=("credentials",),
)
Destination = Mapping[str, Any]


def examine(world: World) -> Iterator[Finding]:
    name = world.settings.configuration_set
    found = world.ask("sesv2", "get_configuration_set", ConfigurationSetName=name)
    if isinstance(found, Trouble):
        missing = error("configuration_set", f"SES has no configuration set {name}.", UP)
        is_missing = found.kind == "missing"
        yield missing if is_missing else unanswered("configuration_set", found)
        return
    yield from judge_set(name, found)
    answer = world.ask(
        "sesv2", "get_configuration_set_event_destinations", ConfigurationSetName=name
    )
    if isinstance(answer, Trouble):
        yield unanswered("event_destination", answer)
        return
    destinations = chosen(_to_topics(answer.get("EventDestinations", [])), world)
    if destinations:
        world.topics["feedback"] = topic_of(destinations[0])
    yield from judge_destinations(destinations)


def _to_topics(destinations: Sequence[Destination]) -> list[Destination]:
    """Enabled ones first."""
    found = [one for one in destinations if one.get("SnsDestination", {}).get("TopicArn")]
    return sorted(found, key=lambda one: not one.get("Enabled"))


def topic_of(destination: Destination) -> str:
    arn: str = destination["SnsDestination"]["TopicArn"]
    return arn


def chosen(destinations: list[Destination], world: World) -> list[Destination]:
    """Those of one topic: the one that our queue is subscribed to, where there are several."""
    topics = list(dict.fromkeys(map(topic_of, destinations)))
    if len(topics) > 1 and (url := world.settings.feedback_queue_url):
        queue = arns.of_queue(url, world.settings.aws_region)
        topics = [one for one in topics if _is_subscribed(world.ask, one, queue)] or topics
    return [one for one in destinations if topic_of(one) in topics[:1]]


def _is_subscribed(ask: Ask, topic: str, queue: str) -> bool:
    answer = ask("sns", "list_subscriptions_by_topic", TopicArn=topic)
    if isinstance(answer, Trouble):
        return False
    return queue in [one.get("Endpoint") for one in answer.get("Subscriptions", [])]


def judge_set(name: str, found: Mapping[str, Any]) -> Iterator[Finding]:
    yield ok("configuration_set", f"{name}.")
    yield judged(
        "configuration_set_sending",
        found.get("SendingOptions", {}).get("SendingEnabled", True),
        "Sending is enabled.",
        f"Sending is paused for {name}.",
        "aws sesv2 put-configuration-set-sending-options --sending-enabled"
        f" --configuration-set-name {name}",
    )


def judge_destinations(destinations: Sequence[Destination]) -> Iterator[Finding]:
    """`destinations`: those to our topic."""
    if not destinations:
        yield error("event_destination", "No event is published to an SNS topic.", UP)
        return
    yield ok("event_destination", f"{destinations[0].get('Name')} to {topic_of(destinations[0])}.")
    enabled = [one for one in destinations if one.get("Enabled")]
    yield judged(
        "event_destination_enabled",
        bool(enabled),
        "It is enabled.",
        f"{destinations[0].get('Name')} is switched off: no feedback comes.",
        UP,
    )
    if enabled:
        types = {kind for one in enabled for kind in one.get("MatchingEventTypes", [])}
        lacking = [kind for kind in NEEDED if kind not in types]
        wrong = f"Not published: {', '.join(lacking)}."
        yield judged("event_types", not lacking, "All that are needed.", wrong, UP)
