"""An AWS account for each test that asks, and `up` and `down` on it."""

import secrets
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import boto3
import pytest

from deploy.aws import runner
from deploy.aws.blueprint import Blueprint
from deploy.aws.bucket import Bucket
from deploy.aws.clients import Clients, connect
from deploy.aws.inventory import resources
from deploy.aws.receipt_rules import ActiveRuleSet, Rule, RuleSet
from deploy.aws.resource import Account, Resource
from deploy.aws.topics import Topic
from tests.integration.deploy.account.server import Accounts, serving
from tests.integration.deploy.account.ses_v2 import SesV2

REGION = "eu-west-1"
DOMAIN = "mail.example.com"
TRUST = """{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
"Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole",
"Condition": {"StringEquals": {"aws:ResourceTag/postroom-service": "${service}"}}}]}"""

Kinds = tuple[type, ...]
RECEIVING: Kinds = (Topic, Bucket, RuleSet, Rule, ActiveRuleSet)


@dataclass
class Customer:
    """One account. `calls`: the names of all operations of its clients. `only`: these kinds of
    resources, where a test is about no others.
    """

    clients: Clients
    blueprint: Blueprint
    ses: SesV2
    calls: list[str] = field(default_factory=list)

    def up(
        self, trust: str | None = None, only: Kinds = (), *, dry_run: bool = False, **asked: Any
    ) -> list[str]:
        """What is said of each resource that did not stay as it was."""
        meant = _of(only, resources(self.account(**asked), trust))
        steps = runner.up(meant, dry_run=dry_run, pause=_never)
        return [str(step) for step in steps if step.is_change]

    def down(self, only: Kinds = (), *, dry_run: bool = False, **asked: Any) -> list[str]:
        """What is said of each resource that was there."""
        meant = _of(only, resources(self.account(**asked), ""))
        steps = runner.down(meant, dry_run=dry_run)
        return [str(step) for step in steps if step.words != "was not there"]

    def account(self, rule_set: str = "", bucket: str = "", **asked: Any) -> Account:
        wanted = replace(self.blueprint, rule_set=rule_set, bucket=bucket)
        return Account(self.clients, wanted, **asked)

    def queue_url(self, name: str) -> str:
        return self.clients.sqs.get_queue_url(QueueName=name)["QueueUrl"]


def _of(only: Kinds, every: Iterable[Resource]) -> list[Resource]:
    return [one for one in every if not only or isinstance(one, only)]


def _never(seconds: float) -> None:
    raise AssertionError(f"It waits for {seconds} s.")


@pytest.fixture(scope="session")
def accounts() -> Accounts:
    return Accounts()


@pytest.fixture(scope="session")
def url(accounts: Accounts) -> Iterator[str]:
    with serving(accounts) as url:
        yield url


@pytest.fixture(scope="session")
def new_customer(accounts: Accounts, url: str) -> Callable[[], Customer]:
    def made() -> Customer:
        number = f"{secrets.randbelow(10**12):012}"
        session = boto3.session.Session(number, "any", region_name=REGION)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ENDPOINT_URL", url)
            clients = connect(session)
        customer = Customer(
            clients, Blueprint(DOMAIN, REGION, number), accounts.ses(number, REGION)
        )
        for service in Clients.__slots__:
            client = getattr(clients, service)
            client.meta.events.register(
                "before-call", lambda model, **_: customer.calls.append(model.name)
            )
        return customer

    return made


@pytest.fixture
def customer(new_customer: Callable[[], Customer]) -> Customer:
    return new_customer()


@pytest.fixture(scope="module")
def furnished(new_customer: Callable[[], Customer]) -> Customer:
    """Where `up` has been. Who breaks something has it mended by `up`."""
    customer = new_customer()
    customer.up(TRUST)
    return customer
