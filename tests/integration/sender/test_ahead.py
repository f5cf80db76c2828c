"""What a sender has started while SES is slow: that is what a kill leaves unknown."""

import sqlalchemy as sa

from tests.integration.builders import message, tenant
from tests.integration.sender.conftest import Ses, StartSender
from tests.waiting import eventually

CALLS = 4
SENDING = sa.text("SELECT count(*) FROM message WHERE send_state = 'sending'")


def test_one_message_is_started_beside_those_in_a_call(
    engine: sa.Engine, sender: StartSender, ses: Ses
) -> None:
    acme = tenant(engine)
    queued = [message(engine, acme) for _ in range(3 * CALLS)]
    ses.suffer(latencyMs=2000)
    started = {0}

    def is_one_accepted() -> bool:
        with engine.connect() as connection:
            now = connection.execute(SENDING).scalar_one()
        if any(map(ses.sent, queued)):
            return True
        started.add(now)
        return False

    with sender(sender_threads=CALLS):
        eventually(is_one_accepted)

    assert max(started) == CALLS + 1
