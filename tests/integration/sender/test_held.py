"""A sender that is held takes nothing, tidies nothing, says so, and stops well."""

from datetime import timedelta

import sqlalchemy as sa

from common import clock
from tests.integration.builders import message, reread, tenant
from tests.integration.sender.conftest import Ses, StartSender
from tests.waiting import eventually


def test_it_takes_no_message_and_says_why(engine: sa.Engine, sender: StartSender, ses: Ses) -> None:
    acme = tenant(engine)
    queued = message(engine, acme)
    over = clock.now() - timedelta(minutes=1)
    left = message(engine, acme, send_state="sending", lease_until=over)

    with sender(hold_sends=True) as held:
        eventually(lambda: held.said("sends.held"))
        held.counts('postroom_sending_paused{reason="held"} 1.0')
        assert held.stop() == 0

    assert ses.sent(queued) == []
    assert reread(engine, queued).claims == 0
    assert reread(engine, left).send_state == "sending"
