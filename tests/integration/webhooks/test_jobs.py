"""The webhook worker's queue: who gets a delivery, and where it stands after an attempt."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from common import clock
from common.models import Webhook
from services.webhooks.claims import OLDEST_WAITING
from services.webhooks.jobs import Claimed
from tests.integration.builders import (
    Tenant,
    deliveries_of,
    event,
    message,
    webhook,
)
from tests.integration.webhooks.delivering import Queue
from tests.integration.webhooks.due import one_due

URL = "https://example.com/hook"


def ids_of(claims: list[Claimed]) -> list[object]:
    return [one.row["delivery_id"] for one in claims]


def test_two_workers_never_claim_the_same_delivery(
    engine: sa.Engine, jobs: Queue, acme: Tenant
) -> None:
    webhook(engine, acme, URL)
    for _ in range(20):
        event(engine, acme)

    hauls = jobs.together(*(jobs.jobs.claim(7, {}) for _ in range(8)))

    claimed = [one for haul in hauls for one in ids_of(haul)]
    assert len(claimed) == len(set(claimed))
    assert {one.id for one in deliveries_of(engine, acme)} == set(claimed)


def test_what_waits_longest_is_claimed_first(engine: sa.Engine, jobs: Queue, acme: Tenant) -> None:
    webhook(engine, acme, URL)
    for _ in range(3):
        event(engine, acme)
    first, second, third = (one.id for one in deliveries_of(engine, acme))
    with engine.begin() as connection:
        for minutes, delivery in ((3, second), (2, third), (1, first)):
            connection.execute(
                sa.text("UPDATE delivery SET due_at = :at WHERE id = :id"),
                {"at": clock.now() - timedelta(minutes=minutes), "id": delivery},
            )

    assert [second, third] == ids_of(jobs.claim(2))
    assert [first] == ids_of(jobs.claim(2))


def test_a_claim_has_all_that_an_attempt_needs(
    engine: sa.Engine, jobs: Queue, acme: Tenant
) -> None:
    hook = webhook(engine, acme, URL)
    about = message(engine, acme, text="Plain.", html="<p>Rich.</p>", request_id="req_1")
    told = event(engine, acme, payload={"id": "msg_x"}, message_id=about.id)

    (claimed,) = jobs.claim(10)

    row = claimed.row
    assert (row["id"], row["type"], row["payload"]) == (told.id, "message.sent", {"id": "msg_x"})
    assert (row["url"], row["secret"], row["wanted"]) == (URL, hook.secret, True)
    assert row["old_secret"] is None
    assert (row["text"], row["html"], row["request_id"]) == ("Plain.", "<p>Rich.</p>", "req_1")
    assert (row["attempts"], row["inbox_id"], row["message_id"]) == (1, acme.inbox.id, about.id)


def test_a_lease_that_ran_out_frees_the_delivery(
    engine: sa.Engine, jobs: Queue, acme: Tenant, lapse: Callable[[], None]
) -> None:
    delivery = one_due(engine, acme)
    jobs.claim(1)

    assert jobs.claim(1) == []
    lapse()
    (again,) = jobs.claim(1)

    assert again.row["delivery_id"] == delivery.id


def test_what_is_given_back_was_never_attempted(
    engine: sa.Engine, jobs: Queue, acme: Tenant
) -> None:
    one_due(engine, acme)

    jobs.give_back(jobs.claim(1))

    (again,) = jobs.claim(1)
    assert again.row["attempts"] == 1


@pytest.mark.parametrize("change", [{"enabled": False}, {"deleted_at": clock.now()}])
def test_what_nobody_wants_any_more_is_claimed_as_unwanted(
    engine: sa.Engine, jobs: Queue, acme: Tenant, change: dict[str, object]
) -> None:
    one_due(engine, acme)
    with engine.begin() as connection:
        connection.execute(sa.update(Webhook).values(**change))

    (claimed,) = jobs.claim(1)

    assert claimed.row["wanted"] is False


def test_the_oldest_waiting_delivery_is_measured(
    engine: sa.Engine, jobs: Queue, acme: Tenant
) -> None:
    one_due(engine, acme)
    with engine.connect() as connection:
        waiting = connection.execute(sa.text(OLDEST_WAITING)).scalar_one()
        jobs.claim(1)
        claimed = connection.execute(sa.text(OLDEST_WAITING)).scalar_one()

    assert 0 <= waiting < 60
    assert claimed is None
