"""Whose fault it was that a message left late, as the running sender counts it."""

import sqlalchemy as sa

from tests.integration.builders import message, tenant
from tests.integration.sender.conftest import Ses, StartSender, wait_until


def test_what_waits_for_the_rate_of_ses_is_not_late_by_our_fault(
    engine: sa.Engine, sender: StartSender, ses: Ses
) -> None:
    acme = tenant(engine)
    queued = message(engine, acme)
    ses.suffer(throttled=1.0)

    with sender() as running:
        wait_until(engine, queued, attempts=1, send_state="queued")
        behind = message(engine, acme)
        ses.suffer()
        wait_until(engine, behind, status="sent")
        late = "postroom_due_to_first_call_seconds_count"
        running.counts(f'{late}{{quota="free"}} 1.0', f'{late}{{quota="used"}} 1.0')
