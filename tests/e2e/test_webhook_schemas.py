"""What webhooks carry, against the document's section on them."""

from collections.abc import Iterator
from http import HTTPStatus

import pytest
import sqlalchemy as sa
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from common import events, ids
from common.settings import with_driver
from services.status import brake
from tests.e2e.customer import BOUNCE, COMPLAINT, SUCCESS, Customer, Json, customer
from tests.e2e.document import DOCUMENT, Operation, body_schema, complaints, operations
from tests.e2e.endpoint import Endpoint
from tests.e2e.local import Local
from tests.e2e.ses import faults
from tests.waiting import eventually

NOT_YET = {"message.received", "domain.verified"}
"""Nothing makes these happen before mail is received and domains are verified."""
HAPPENS = ({*events.DESCRIPTIONS} | {events.TEST}) - NOT_YET

WITH_BODY = [one for one in operations() if "requestBody" in one.described]


@pytest.fixture(scope="module")
def told(local: Local) -> Iterator[list[Json]]:
    """Every kind of event, as an endpoint was told it."""
    with customer(local) as acme, acme.told() as endpoint:
        make_happen(local, acme, endpoint)
        eventually(lambda: endpoint.kinds() >= HAPPENS, 30, "everything was told")
        yield endpoint.events()


def make_happen(local: Local, acme: Customer, endpoint: Endpoint) -> None:
    inbox = acme.inbox(name="Support")
    acme.call("PATCH", f"/v1/inboxes/{inbox['id']}", {"name": "Customer care"})
    acme.call("DELETE", f"/v1/inboxes/{acme.inbox()['id']}")
    file = {"name": "a.txt", "contentType": "text/plain", "content": "SGVsbG8="}
    first = acme.send(inbox, to=[BOUNCE, COMPLAINT], html="<p>Hi</p>", attachments=[file])
    acme.reply(first, labels=["done"], cc=[SUCCESS])
    (webhook,) = acme.call("GET", "/v1/webhooks")
    acme.call("POST", f"/v1/webhooks/{webhook['id']}/test")
    with acme.told(events=["inbox.created"]) as gone:
        gone.answers = HTTPStatus.GONE
        acme.inbox()
        eventually(lambda: "webhook.disabled" in endpoint.kinds(), 20, "the endpoint is disabled")
    with faults(local.aws_url, refused=1):
        acme.ended(acme.send(inbox), "rejected")
    with faults(local.aws_url, error500=1):
        acme.doubtful(acme.send(inbox))
    with faults(local.aws_url, deliveryDelayed=1):
        acme.ended(acme.send(inbox), "delivered")
    _brake(local, acme)


def _brake(local: Local, acme: Customer) -> None:
    """The operator's hand on it, and off again."""
    organization_id = ids.decode(ids.ORGANIZATION, acme.organization_id)
    engine = sa.create_engine(with_driver(local.database_url))
    with engine.begin() as connection:
        brake.pause(connection, organization_id, "operator", "Call us.")
    with engine.begin() as connection:
        brake.release(connection, organization_id)
    engine.dispose()


@pytest.mark.parametrize("kind", sorted(HAPPENS))
def test_what_a_webhook_carries_is_as_its_schema_says(told: list[Json], kind: str) -> None:
    schema = body_schema(DOCUMENT["webhooks"][kind]["post"])
    mine = [event for event in told if event["event"] == kind]

    assert mine
    assert [words for event in mine for words in complaints(schema, event)] == []


@pytest.mark.parametrize("kind", sorted({*events.DESCRIPTIONS} - HAPPENS))
def test_events_that_are_to_come_are_documented_too(kind: str) -> None:
    Draft202012Validator.check_schema(body_schema(DOCUMENT["webhooks"][kind]["post"]))


def test_each_kind_of_event_has_the_sentence_that_a_customer_needs() -> None:
    described = {
        kind: DOCUMENT["webhooks"][kind]["post"]["summary"] for kind in events.DESCRIPTIONS
    }

    assert described == events.DESCRIPTIONS


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
def test_a_body_has_examples_and_they_are_as_its_schema_says(operation: Operation) -> None:
    assert operation.example is not None
    assert list(complaints(body_schema(operation.described), operation.example)) == []


@pytest.mark.parametrize("name", DOCUMENT["components"]["schemas"])
def test_each_schema_is_one_of_json_schema_2020_12(name: str) -> None:
    Draft202012Validator.check_schema(DOCUMENT["components"]["schemas"][name])
