"""All that is looked at, in the order in which it is: a later subject may need an earlier one."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final, NamedTuple

from deploy.doctor import (
    account,
    arns,
    configuration_set,
    database,
    dns_records,
    environment,
    identity,
    probe,
    queue,
    receiving,
    redis,
    topic,
)
from deploy.doctor.findings import Finding, Subject
from deploy.doctor.world import World

Examine = Callable[[World], Iterator[Finding]]


class Part(NamedTuple):
    """What is looked at, and who looks."""

    subject: Subject
    examine: Examine


def _feedback_topic(world: World) -> Iterator[Finding]:
    resource = f"configuration-set/{world.settings.configuration_set}"
    source = arns.of_ses(world.settings.aws_region, world.account, resource)
    return topic.examine(world, "feedback", source)


def _inbound_topic(world: World) -> Iterator[Finding]:
    return topic.examine(world, "inbound", world.receipt_rule)


ALL: Final = (
    Part(environment.SUBJECT, environment.examine),
    Part(database.SUBJECT, database.examine),
    Part(redis.SUBJECT, redis.examine),
    Part(account.SUBJECT, account.examine),
    Part(identity.SUBJECT, identity.examine),
    Part(dns_records.SUBJECT, dns_records.examine),
    Part(dns_records.RETURN_PATH, dns_records.examine_return_path),
    Part(configuration_set.SUBJECT, configuration_set.examine),
    Part(queue.url_subject("feedback"), partial(queue.examine_url, flow="feedback")),
    Part(topic.subject("feedback", "event_destination"), _feedback_topic),
    Part(queue.subject("feedback"), partial(queue.examine, flow="feedback")),
    Part(queue.url_subject("inbound"), partial(queue.examine_url, flow="inbound")),
    Part(receiving.SUBJECT, receiving.examine),
    Part(topic.subject("inbound", "receipt_rule_action"), _inbound_topic),
    Part(queue.subject("inbound"), partial(queue.examine, flow="inbound")),
    Part(probe.SUBJECT, probe.examine),
)
CODES: Final[Mapping[str, str]] = {
    code: looks for part in ALL for code, looks in part.subject.codes.items()
}
"""Every code, with what is looked at under it."""


def needed(codes: frozenset[str]) -> tuple[Part, ...]:
    """The parts that tell these codes, and those that they need, and so on."""
    wanted: set[str] = set(codes)
    for part in reversed(ALL):
        if wanted & part.subject.codes.keys():
            wanted |= set(part.subject.needs)
    return tuple(part for part in ALL if wanted & part.subject.codes.keys())
