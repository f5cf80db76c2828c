"""A message that kills whoever takes it is tried a few times, then rejected, and harms no other."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from common import clock, crash, ids
from common.models import Message
from common.settings import Settings
from services.sender.claims import MOST_CLAIMS
from tests import service
from tests.integration.builders import Tenant, events_of, message, reread, tenant
from tests.integration.sender.conftest import Ses, StartSender, wait_until


def killed_by(poison: Message, settings: Settings, aws_url: str, log: Path) -> int:
    """The exit code of a sender that dies as soon as it comes to this message.

    One place, and it is the oldest: no other is called or recorded then, of which SES alone could
    tell.
    """
    env = service._environment(settings) | {
        "POSTROOM_REDIS_PREFIX": settings.redis_prefix,
        "POSTROOM_METRICS_PORT": "0",
        "POSTROOM_AWS_URL": aws_url,
        "POSTROOM_SENDER_THREADS": "1",
        "POSTROOM_TICK_SECONDS": "0.1",
        "POSTROOM_TESTING": "true",
        "POSTROOM_CRASH_AT": f"before_start@{ids.encode(ids.MESSAGE, poison.id)}",
    }
    with service.started("services.sender", env, log) as process:  # perhaps dead when ready
        return process.wait(30)


def queue_up(engine: sa.Engine, acme: Tenant, count: int) -> list[Message]:
    """The oldest first."""
    due = clock.now() - timedelta(minutes=count)
    return [message(engine, acme, due_at=due + timedelta(seconds=at)) for at in range(count)]


def test_it_is_tried_a_few_times_and_rejected_and_the_others_are_sent_once(  # noqa: PLR0913, PLR0917
    engine: sa.Engine,
    settings: Settings,
    sender: StartSender,
    ses: Ses,
    lapse: Callable[[], None],
    tmp_path: Path,
) -> None:
    acme = tenant(engine)
    poison, behind = queue_up(engine, acme, 2)
    others = [behind]

    for claims in range(1, MOST_CLAIMS + 1):
        assert killed_by(poison, settings, ses.url, tmp_path / "log") == crash.EXIT_CODE
        left = reread(engine, poison)
        assert (left.status, left.claims, left.attempts) == ("queued", claims, 0)
        others.append(message(engine, acme))
        lapse()

    with sender() as well:
        rejected = wait_until(engine, poison, status="rejected")
        sent = [wait_until(engine, other, status="sent") for other in others]
        well.counts('messages_failed_total{reason="KilledSenders"} 1.0')

    assert (rejected.send_state, rejected.attempts) == ("done", 0)
    assert rejected.status_reason is not None
    assert rejected.status_reason["type"] == "KilledSenders"
    assert f"{MOST_CLAIMS} senders ended" in rejected.status_reason["message"]
    told = [one for one in events_of(engine, acme) if one.message_id == poison.id]
    assert [(one.type, one.payload["statusReason"]) for one in told] == [
        ("message.rejected", rejected.status_reason)
    ]
    assert ses.sent(poison) == []
    for other in sent:
        assert [one["messageId"] for one in ses.sent(other)] == [other.external_message_id]
        assert other.attempts == 1
