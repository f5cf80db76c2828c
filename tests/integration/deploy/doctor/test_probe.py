"""The probe: its feedback is found where it is, and nobody else's letters are lost by it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from common.letterbox import Letterbox
from common.sqs import Sqs
from deploy.doctor import subjects
from deploy.doctor.findings import Finding
from services.status.feed import Feed
from services.status.parse import parse
from tests.integration.deploy.doctor import breaking
from tests.integration.deploy.doctor.conftest import Patient
from tests.waiting import eventually

PARTS = subjects.ALL[1:2] + subjects.ALL[3:9] + subjects.ALL[-1:]
"""The database, what tells the account, the domain and the queue, and the probe."""


def found(patient: Patient) -> dict[str, Finding]:
    return {one.code: one for one in patient.examine(*PARTS)}


@contextmanager
def status_worker(patient: Patient) -> Iterator[None]:
    url = patient.settings.feedback_queue_url
    assert url is not None
    sqs = Sqs(patient.settings, read_timeout=5)
    letterbox = Letterbox(sqs, url, parse)
    feed, stopping = Feed(letterbox, patient.engine, lambda: None), threading.Event()
    thread = threading.Thread(target=feed.run, args=(stopping,))
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()
        sqs.close()


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")


def rows(patient: Patient) -> list[Any]:
    with patient.engine.connect() as connection:
        return list(connection.execute(sa.text("SELECT kind, applied_at FROM feedback")))


def test_what_the_status_worker_stores_is_found_and_settled(patient: Patient) -> None:
    with status_worker(patient):
        findings = found(patient)

    assert findings["probe_send"].gravity == "ok"
    assert findings["probe_feedback"].gravity == "ok", findings
    assert "the status worker has stored it" in findings["probe_feedback"].says
    assert {row.kind for row in rows(patient)} == {"send", "delivery"}
    assert all(row.applied_at for row in rows(patient))


def test_without_a_worker_it_is_found_in_the_queue_and_all_letters_stay(patient: Patient) -> None:
    breaking.sql("DELETE FROM checkpoint")(patient)
    patient.aws.send("another@example.com")

    findings = found(patient)

    assert findings["probe_feedback"].gravity == "ok"
    assert "it waits in the queue" in findings["probe_feedback"].says
    shown = patient.aws.sqs.get_queue_attributes(
        QueueUrl=patient.aws.queue_url, AttributeNames=["ApproximateNumberOfMessages"]
    )
    assert shown["Attributes"]["ApproximateNumberOfMessages"] == "4"


def test_feedback_that_does_not_come_back_is_an_error(patient: Patient) -> None:
    breaking.unsubscribed(breaking.FEEDBACK_TOPIC)(patient)
    patient.probe_seconds = 0.5

    findings = found(patient)

    assert findings["probe_send"].gravity == "ok"
    assert findings["probe_feedback"].gravity == "error"
    assert rows(patient) == []


def test_a_mail_that_ses_does_not_take_is_an_error(patient: Patient) -> None:
    patient.aws.post("/faults", refused=1)

    findings = found(patient)

    assert findings["probe_send"].gravity == "error"
    assert "MessageRejected" in findings["probe_send"].says
    assert findings["probe_feedback"].because == "probe_send"


def test_nothing_is_sent_while_the_account_is_paused(patient: Patient) -> None:
    breaking.account(sendingEnabled=False)(patient)

    findings = {one.code: one for one in patient.examine(*subjects.ALL)}

    assert findings["probe_send"].because == "ses_sending"
    eventually(lambda: patient.aws.get("/sent") == [], what="nothing was sent")
