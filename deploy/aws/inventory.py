"""Everything that Postroom needs on an account, in the order in which it can be made."""

from collections.abc import Iterator

from deploy.aws import queues
from deploy.aws.blueprint import FLOWS
from deploy.aws.bucket import Bucket
from deploy.aws.configuration_set import ConfigurationSet, EventDestination
from deploy.aws.identity import Identity
from deploy.aws.policies import SERVICES
from deploy.aws.receipt_rules import ActiveRuleSet, Rule, RuleSet
from deploy.aws.resource import Account, Resource
from deploy.aws.roles import Role, ServicePolicy
from deploy.aws.topics import Subscription, Topic
from deploy.aws.trust import SERVICE


def resources(account: Account, trust: str | None) -> Iterator[Resource]:
    """`trust`: a policy in JSON of who may take the roles; without one there are none. Each comes
    after what it names, so backwards is the order in which they go.
    """
    for flow in FLOWS:
        yield Topic(account, flow)
        yield queues.dead_letters(account, flow)
        yield queues.of_flow(account, flow)
        yield Subscription(account, flow)
    yield ConfigurationSet(account)
    yield EventDestination(account)
    yield Identity(account)
    yield Bucket(account)
    yield RuleSet(account)
    yield Rule(account)
    yield ActiveRuleSet(account)
    for service in SERVICES:
        yield ServicePolicy(account, service)
        if trust is not None:
            yield Role(account, service, trust.replace(SERVICE, service))
