"""`python -m services.status` as it runs: from the double of AWS to the tables, and its end."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine

from common import clock, ids
from common.models import Feedback, Idempotency
from common.settings import Settings
from tests import ses
from tests.integration.status.conftest import Queue
from tests.service import Service, service
from tests.tenants import Tenant, put, rows
from tests.waiting import eventually


@pytest.fixture
def status(settings: Settings, queue: Queue, tmp_path: Path) -> Iterator[Service]:
    start = partial(service, "status", settings, tmp_path / "log", log_format="json")
    with start(aws_url=settings.aws_url, feedback_queue_url=queue.url) as running:
        yield running


def statuses(engine: Engine) -> list[str]:
    return [row["status"] for row in rows(engine, "SELECT status FROM recipient")]


def test_what_ses_reports_reaches_the_tables_and_is_told(
    engine: Engine, acme: Tenant, queue: Queue, status: Service
) -> None:
    acme.message(external_id="ses-1")
    queue.put(ses.from_sns(ses.event("bounce_permanent", "ses-1")), "hello")

    # What cannot be read stays in the queue, hidden, for SQS to put aside.
    eventually(lambda: statuses(engine) == ["bounced"] and queue.depth() == (0, 1))

    status.counts(
        'postroom_feedback_total{kind="bounce",outcome="applied"} 1.0',
        'postroom_feedback_total{kind="unreadable",outcome="kept"} 1.0',
        'postroom_queue_oldest_seconds{queue="feedback"} 0.0',
        "postroom_feedback_lag_seconds_count 1.0",
    )
    lines = {line["kind"]: line for line in status.said("feedback.taken")}
    assert lines["bounce"]["service"] == "status"
    assert lines["bounce"]["outcome"] == "applied"
    assert lines["bounce"]["request_id"] == "req_1"
    assert "jo@example.com" not in status.log.read_text()


def test_what_waits_for_its_message_is_measured(queue: Queue, status: Service) -> None:
    queue.put(ses.event("delivery", "ses-1"))

    def age() -> bool:
        name = 'postroom_queue_oldest_seconds{queue="feedback"} '
        return f"{name}0.0" not in status.metrics() and name in status.metrics()

    eventually(age)


@pytest.fixture
def old(engine: Engine, acme: Tenant) -> None:
    moment = clock.now() - timedelta(days=31)
    told = Feedback(id=ids.first_at(moment.timestamp()), dedup_key="x", kind="open", raw="")
    answer = Idempotency(
        organization_id=acme.id, key="x", fingerprint="", status=202, body=b"", created_at=moment
    )
    put(engine, told, answer)


@pytest.mark.usefixtures("old")
def test_it_deletes_what_is_old_and_tells_how_far_it_has_come(
    engine: Engine, status: Service
) -> None:
    left = "SELECT 1 FROM feedback UNION ALL SELECT 1 FROM idempotency"
    margin = "SELECT now() - at AS margin FROM checkpoint"

    eventually(lambda: rows(engine, left) == [] and rows(engine, margin))

    status.counts('postroom_purged_rows_total{table="idempotency"} 1.0')
    assert rows(engine, margin)[0]["margin"] > timedelta(seconds=60)


def test_a_signal_during_a_long_poll_ends_it_well_and_hides_nothing(
    queue: Queue, status: Service
) -> None:
    eventually(lambda: status.said("worker.ready"))

    code = status.stop()
    queue.put("hello")

    assert code == 0
    assert status.said("worker.stopped")
    assert queue.depth() == (1, 0)


def test_it_lives_while_the_database_is_away(
    settings: Settings, queue: Queue, tmp_path: Path
) -> None:
    nowhere = settings.model_copy(update={"database_url": "postgresql://x:x@127.0.0.1:1/x"})
    queue.put("hello")

    with service(
        "status",
        nowhere,
        tmp_path / "log",
        log_format="json",
        aws_url=settings.aws_url,
        feedback_queue_url=queue.url,
    ) as running:
        eventually(lambda: running.said("feed.interrupted"))

        assert queue.depth() == (1, 0)
        assert running.stop() == 0
