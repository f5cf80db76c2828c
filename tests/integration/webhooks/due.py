"""Deliveries that are due."""

import sqlalchemy as sa

from common.models import Delivery, Webhook
from tests.integration.builders import Tenant, deliveries_of, event, webhook

URL = "https://example.com/hook"


def one_due(engine: sa.Engine, acme: Tenant, hook: Webhook | None = None) -> Delivery:
    """One more delivery that is due."""
    if hook is None:
        webhook(engine, acme, URL)
    event(engine, acme)
    return deliveries_of(engine, acme)[-1]
