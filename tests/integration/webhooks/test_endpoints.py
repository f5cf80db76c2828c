"""What `/metrics` says of endpoints."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from common import clock, ids
from common.metrics import Asked
from common.models import Webhook
from services.webhooks import endpoints
from services.webhooks.claims import OLDEST_WAITING
from tests.integration.builders import Tenant, webhook
from tests.integration.webhooks.due import URL, one_due


def hook(engine: sa.Engine, acme: Tenant, **columns: Any) -> Webhook:
    made = webhook(engine, acme, URL)
    if columns:
        with engine.begin() as connection:
            change = sa.update(Webhook).where(col(Webhook.id) == made.id).values(**columns)
            connection.execute(change)
    return made


def failing(minutes: float, **more: Any) -> dict[str, Any]:
    return {"failures": 3, "failing_since": clock.now() - timedelta(minutes=minutes), **more}


def asked(engine: sa.Engine) -> dict[tuple[str, ...], float]:
    return {
        (family.name.removeprefix("postroom_webhook_"), *one.labels.values()): one.value
        for family in Asked(engine, *endpoints.QUESTIONS).collect()
        for one in family.samples
    }


def test_each_endpoint_is_in_one_state(engine: sa.Engine, acme: Tenant) -> None:
    hook(engine, acme)
    hook(engine, acme, **failing(1))
    hook(engine, acme, **failing(9, probe_at=clock.now()))
    hook(engine, acme, **failing(9), enabled=False, disabled_reason="gone")
    hook(engine, acme, enabled=False, disabled_reason="owner")
    hook(engine, acme, **failing(9), deleted_at=clock.now())

    found = asked(engine)

    states = ("healthy", "failing", "open", "disabled", "off")
    assert [found["endpoints", state] for state in states] == [1, 1, 1, 1, 1]


def test_where_there_are_none_each_state_is_0(engine: sa.Engine) -> None:
    assert set(asked(engine).values()) == {0}


def test_the_worst_are_named_until_they_do_well_again(engine: sa.Engine, acme: Tenant) -> None:
    many = [hook(engine, acme, **failing(number)) for number in range(endpoints.NAMED + 1)]
    one_due(engine, acme, many[-1])
    worst = ids.encode(ids.WEBHOOK, many[-1].id)

    found = asked(engine)

    named = [key for key in found if key[0] == "failing_seconds"]
    assert len(named) == endpoints.NAMED
    assert ("failing_seconds", ids.encode(ids.WEBHOOK, many[0].id)) not in named
    assert 1200 <= found["failing_seconds", worst] < 1260
    assert found["failures", worst] == 3
    assert 0 <= found["oldest_seconds", worst] < 60
    with engine.begin() as connection:
        connection.execute(sa.update(Webhook).values(failures=0, failing_since=None))
    assert not [key for key in asked(engine) if key[0] != "endpoints"]


def test_what_waits_for_an_endpoint_in_trouble_makes_no_queue_old(
    engine: sa.Engine, acme: Tenant
) -> None:
    one_due(engine, acme, hook(engine, acme, **failing(60)))

    with engine.connect() as connection:
        assert connection.execute(sa.text(OLDEST_WAITING)).scalar_one() is None
