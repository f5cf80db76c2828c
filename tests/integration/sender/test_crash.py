"""What the sender leaves behind when it, or the database, goes away at the worst moment."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from common import clock
from common.settings import Settings
from tests.gate import gate
from tests.integration.builders import events_of, message, reread, tenant
from tests.integration.sender.conftest import Ses, StartSender, wait_until
from tests.waiting import eventually

# The shortest lease that outlasts the shortest call.
SHORT = {
    "send_lease_seconds": 3,
    "ses_connect_timeout_seconds": 1,
    "ses_read_timeout_seconds": 1,
}

START = "BEFORE UPDATE ON message FOR EACH ROW WHEN (NEW.send_state = 'sending')"
RECORD = "BEFORE UPDATE ON message FOR EACH ROW WHEN (NEW.send_state = 'done')"

_TERMINATE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND pid <> :gate
"""


def test_killed_before_the_call_another_sender_sends_it_once(
    engine: sa.Engine, sender: StartSender, ses: Ses
) -> None:
    queued = message(engine, tenant(engine))

    with gate(engine, START) as start:
        with sender(**SHORT) as first:
            eventually(start.waiting, 20)
            first.kill()
        assert reread(engine, queued).lease_token is not None
        assert ses.sent(queued) == []
        start.open()

        with sender(**SHORT):
            sent = wait_until(engine, queued, status="sent")

    assert [one["messageId"] for one in ses.sent(queued)] == [sent.external_message_id]
    assert sent.attempts == 1


def test_killed_after_the_call_nobody_sends_it_again(
    engine: sa.Engine, sender: StartSender, ses: Ses
) -> None:
    acme = tenant(engine)
    queued = message(engine, acme)

    with gate(engine, RECORD) as record:
        with sender(**SHORT) as first:
            eventually(record.waiting, 20)
            first.kill()
        record.open()

        with sender(**SHORT):
            left = wait_until(engine, queued, send_state="unknown")
            after = message(engine, acme)
            wait_until(engine, after, status="sent")

    assert (left.status, left.external_message_id) == ("queued", None)
    assert left.status_reason is not None
    assert "an event of SES will tell" in left.status_reason["message"]
    assert len(ses.sent(queued)) == 1


def test_stopped_it_finishes_what_it_began_and_gives_back_the_rest(
    engine: sa.Engine, sender: StartSender, ses: Ses
) -> None:
    acme = tenant(engine)
    begun = message(engine, acme, due_at=clock.now() - timedelta(minutes=1))
    waiting = message(engine, acme)

    with gate(engine, START) as start, sender(sender_threads=1) as running:
        eventually(start.waiting, 20)
        assert reread(engine, waiting).lease_token is not None

        running.ask_to_stop()
        wait_until(engine, waiting, lease_token=None)
        start.open()

        assert running.stop() == 0

    assert reread(engine, begun).status == "sent"
    given_back = reread(engine, waiting)
    assert (given_back.status, given_back.attempts) == ("queued", 0)
    assert (len(ses.sent(begun)), len(ses.sent(waiting))) == (1, 0)


@pytest.fixture
def server(settings: Settings) -> Iterator[sa.Connection]:
    """The server, by another database than the test's."""
    url = sa.make_url(settings.database_url).set(database="postgres")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_what_ses_said_is_recorded_when_the_database_is_back(
    engine: sa.Engine, server: sa.Connection, sender: StartSender, ses: Ses
) -> None:
    acme = tenant(engine)
    database = engine.url.database

    with sender() as running:
        with gate(engine, RECORD) as record:
            queued = message(engine, acme)
            eventually(record.waiting, 20)
            server.execute(sa.text(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS false'))
            server.execute(sa.text(_TERMINATE), {"name": database, "gate": record.pid})
            eventually(lambda: running.said("send.record_waits"), 20)
            server.execute(sa.text(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS true'))

        sent = wait_until(engine, queued, status="sent")
        assert running.stop() == 0

    assert [one["messageId"] for one in ses.sent(queued)] == [sent.external_message_id]
    assert [one.type for one in events_of(engine, acme)] == ["message.sent"]


def test_a_start_that_was_cut_off_is_taken_back_and_made_again(
    engine: sa.Engine, server: sa.Connection, sender: StartSender, ses: Ses
) -> None:
    """Long before the lease runs out."""
    queued = message(engine, tenant(engine))

    with gate(engine, START) as start, sender(send_lease_seconds=3600) as running:
        eventually(start.waiting, 20)
        server.execute(sa.text(_TERMINATE), {"name": engine.url.database, "gate": start.pid})
        eventually(lambda: running.said("send.start_failed"), 20)
        start.open()

        sent = wait_until(engine, queued, status="sent")

    assert [one["messageId"] for one in ses.sent(queued)] == [sent.external_message_id]
