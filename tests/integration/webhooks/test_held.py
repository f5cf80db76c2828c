"""A webhook worker that is held calls nobody, says so, and stops well."""

from pathlib import Path

import sqlalchemy as sa

from common.settings import Settings
from tests.integration.builders import deliveries_of, event, tenant, webhook
from tests.service import service
from tests.waiting import eventually


def test_it_takes_no_delivery_and_says_why(
    engine: sa.Engine, settings: Settings, tmp_path: Path
) -> None:
    acme = tenant(engine)
    webhook(engine, acme, "https://127.0.0.1:1/", "message.sent")
    event(engine, acme)

    log = tmp_path / "log"
    with service("webhooks", settings, log, hold_webhooks=True, tick_seconds=0.05) as held:
        eventually(lambda: held.said("webhooks.held"))
        held.counts('postroom_webhooks_paused{reason="held"} 1.0')
        assert held.stop() == 0

    (waiting,) = deliveries_of(engine, acme)
    assert (waiting.state, waiting.attempts, waiting.lease_token) == ("pending", 0, None)
