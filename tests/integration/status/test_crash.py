"""The status worker killed between its steps: what it held comes again, and is applied once."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from common import crash
from common.settings import Settings
from tests import ses
from tests.integration.status.conftest import Queue, RunFeed
from tests.service import service
from tests.tenants import Tenant, rows
from tests.waiting import eventually

LETTERS = 10
"""What one call of SQS brings."""


@pytest.mark.parametrize(("point", "stored"), [("after_receive", 0), ("after_apply", LETTERS)])
def test_killed_with_letters_in_hand_it_loses_none_and_applies_none_twice(  # noqa: PLR0913, PLR0917
    engine: Engine,
    acme: Tenant,
    settings: Settings,
    queue: Queue,
    running: RunFeed,
    tmp_path: Path,
    point: str,
    stored: int,
) -> None:
    acme.webhook("message.delivered")
    told = [(f"ses-{number}", acme.message(f"{number}@example.com")) for number in range(LETTERS)]
    queue.hide_for(2)
    dying = service(
        "status",
        settings,
        tmp_path / "log",
        aws_url=settings.aws_url,
        feedback_queue_url=queue.url,
        testing=True,
        crash_at=f"{point}:2",
    )

    with dying as status:
        queue.put(ses.recorded("sns_topic_validated"))  # a first set, which goes well
        eventually(lambda: count(engine, "feedback") == 1)
        queue.put_at_once(ses.event("delivery", *one) for one in told)
        code = status.process.wait(30)
    assert code == crash.EXIT_CODE
    assert count(engine, "feedback") - 1 == stored
    assert sum(queue.depth()) == LETTERS

    with running():
        eventually(lambda: count(engine, "feedback") == LETTERS + 1 and queue.depth() == (0, 0))
    assert rows(engine, "SELECT DISTINCT status FROM recipient") == [{"status": "delivered"}]
    assert count(engine, "event") == 2 * LETTERS
    assert count(engine, "delivery") == LETTERS
    assert queue.dead() == 0


def count(engine: Engine, table: str) -> int:
    [row] = rows(engine, f"SELECT count(*) AS n FROM {table}")
    number: int = row["n"]
    return number
