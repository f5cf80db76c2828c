"""What an operator sees of the mail in numbers."""

from collections.abc import Iterator
from functools import partial
from http import HTTPStatus

import pytest
from sqlalchemy import Engine, create_engine

from common.settings import with_driver
from tests.e2e.customer import BOUNCE, SUCCESS, Customer, Json, customer
from tests.e2e.endpoint import Endpoint
from tests.e2e.local import Local
from tests.e2e.processes import SERVICES, Samples, metrics_text, samples
from tests.e2e.ses import faults
from tests.tenants import rows
from tests.waiting import eventually


def difference(before: Samples, after: Samples) -> dict[str, float]:
    """What has grown, by how much; `name{label=value}`."""
    return {
        name + "".join(f"{{{label}={value}}}" for label, value in sorted(labels)): grown
        for (name, labels), value in after.items()
        if (grown := value - before.get((name, labels), 0)) > 0
    }


SEND = "/v1/inboxes/{inboxId}/messages/send"
GROWN = {
    "api": {
        "postroom_messages_accepted_total": 3,
        "postroom_messages_refused_total{code=validation_failed}": 1,
        "postroom_accept_seconds_count": 3,
        f"postroom_requests_total{{method=POST}}{{route={SEND}}}{{status=2xx}}": 3,
        f"postroom_requests_total{{method=POST}}{{route={SEND}}}{{status=4xx}}": 1,
        "postroom_search_indexed_total": 3,
    },
    "sender": {
        "postroom_messages_sent_total": 2,
        "postroom_messages_failed_total{reason=MessageRejected}": 1,
        "postroom_ses_call_seconds_count": 3,
        "postroom_accepted_to_sent_seconds_count": 2,
        "postroom_recipients_sent_total": 2,
        "postroom_due_to_first_call_seconds_count{quota=free}": 3,
    },
    "status": {
        "postroom_feedback_total{kind=send}{outcome=applied}": 2,
        "postroom_feedback_total{kind=delivery}{outcome=applied}": 1,
        "postroom_feedback_total{kind=bounce}{outcome=applied}": 1,
        "postroom_feedback_lag_seconds_count": 4,
        "postroom_recipients_delivered_total": 1,
        "postroom_bounces_total{type=permanent}": 1,
    },
    "inbound": {},
    "webhooks": {
        "postroom_deliveries_total{outcome=delivered}": 5,
        "postroom_deliveries_total{outcome=gone}": 1,
        "postroom_attempts_total{outcome=2xx}": 5,
        "postroom_attempts_total{outcome=4xx}": 1,
        "postroom_event_to_delivered_seconds_count": 5,
        "postroom_event_to_first_try_seconds_count{endpoint=well}": 6,
    },
}


# What other tests have left on its way would be counted here.
UNSETTLED = """
SELECT 1 FROM recipient WHERE status IN ('queued', 'sent', 'delayed')
UNION ALL SELECT 1 FROM search WHERE document IS NULL
UNION ALL SELECT 1 FROM delivery WHERE state = 'pending' AND attempts = 0
"""


@pytest.fixture
def engine(local: Local) -> Iterator[Engine]:
    """Of the running system's database."""
    engine = create_engine(with_driver(local.database_url))
    yield engine
    engine.dispose()


def test_every_number_grows_by_what_has_happened(local: Local, engine: Engine) -> None:
    eventually(lambda: not rows(engine, UNSETTLED), 60, "all is quiet")
    with customer(local) as acme, acme.told(events=["inbox.created"]) as gone:
        gone.answers = HTTPStatus.GONE
        before = {service: samples(local, service) for service in SERVICES}
        inbox = acme.inbox()
        with acme.told(events=MAIL_EVENTS) as endpoint:
            happen(local, acme, inbox, endpoint)

        for service, grown in GROWN.items():
            eventually(partial(has_grown, local, service, before[service]), what=f"{grown}")


def has_grown(local: Local, service: str, before: Samples) -> bool:
    return GROWN[service].items() <= difference(before, samples(local, service)).items()


MAIL_EVENTS = ["message.sent", "message.delivered", "message.bounced", "message.rejected"]


def happen(local: Local, acme: Customer, inbox: Json, endpoint: Endpoint) -> None:
    """Two messages are sent, one bounces, a third is refused by SES and a fourth by us."""
    sent = [acme.send(inbox, to=[to]) for to in (SUCCESS, BOUNCE)]
    for message, status in zip(sent, ("delivered", "bounced"), strict=True):
        acme.ended(message, status)
    with faults(local.aws_url, refused=1):
        acme.ended(acme.send(inbox), "rejected")
    acme.client.post(f"/v1/inboxes/{inbox['id']}/messages/send", json={"to": []})
    eventually(lambda: len(endpoint.calls) == 5, 20, "all is told")


@pytest.mark.parametrize(
    ("service", "queue"), [("sender", "sender"), ("status", "feedback"), ("webhooks", "webhooks")]
)
def test_each_queue_tells_the_age_of_what_waits_longest(
    local: Local, service: str, queue: str
) -> None:
    name = ("postroom_queue_oldest_seconds", frozenset({("queue", queue)}))

    # Nothing waits for long here: what other tests have left is soon done.
    eventually(lambda: samples(local, service)[name] == 0, 30)


@pytest.mark.parametrize("service", SERVICES)
def test_every_name_is_ours_or_the_process_s_and_is_explained(local: Local, service: str) -> None:
    helps = [line for line in metrics_text(local, service).splitlines() if line[:6] == "# HELP"]

    assert all(line.split()[2].startswith(("postroom_", "process_", "python_")) for line in helps)
    assert all(len(line.split()) > 3 for line in helps)
