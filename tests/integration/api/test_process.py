"""`python -m services.api` as a process of its own: its log, and its end."""

import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from common import ids
from common.settings import Settings
from tests.integration.api.mailing import JANE, box
from tests.integration.api.running import Process, running, started
from tests.integration.api.serving import Organization
from tests.integration.api.streaming import listening
from tests.waiting import eventually


@pytest.fixture
def process(settings: Settings, tmp_path: Path) -> Iterator[Process]:
    with running(settings, tmp_path / "api.log") as made:
        yield started(made)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_well(process: Process, number: signal.Signals) -> None:
    assert process.stop(number) == 0
    assert process.named("api.stopped")


def test_an_idle_connection_does_not_hold_its_end(process: Process) -> None:
    with httpx.Client() as idle:
        idle.get(f"{process.url}/healthz")

        assert process.stop() == 0


def test_what_has_begun_is_answered_before_the_end(
    process: Process, owner: Organization, engine: sa.Engine
) -> None:
    headers = {"authorization": f"Bearer {owner.key}"}
    answers: list[int] = []

    def create() -> None:
        url = f"{process.url}/v1/inboxes"
        answers.append(httpx.post(url, json={}, headers=headers, timeout=30).status_code)

    with engine.connect() as holding:
        holding.execute(sa.text("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE"))
        request = threading.Thread(target=create)
        request.start()
        eventually(lambda: waits_for_a_lock(engine))
        idle, line = used(process), used(process)
        line.sendall(b"GET /v1/webhooks HTTP/1.1\r\nHost: postroom\r\n")  # not all of it yet
        process.popen.send_signal(signal.SIGTERM)
        eventually(lambda: not process.listens())
    request.join()
    with idle, line:
        assert idle.recv(1) == b""
        line.sendall(f"Authorization: Bearer {owner.key}\r\n\r\n".encode())
        late = line.makefile("rb").read()

    assert answers == [201]
    assert late.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in late
    assert process.popen.wait(30) == 0


def used(process: Process) -> socket.socket:
    """A connection that has had an answer."""
    line = socket.create_connection(process.address, timeout=10)
    line.sendall(b"GET /healthz HTTP/1.1\r\nHost: postroom\r\n\r\n")
    answer = b""
    while not answer.endswith(b'{"status":"ok"}'):
        answer += line.recv(10_000)
    return line


def waits_for_a_lock(engine: sa.Engine) -> bool:
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with engine.connect() as connection:
        return bool(connection.execute(sa.text(query)).scalar_one())


def test_each_request_is_one_line_without_its_contents(
    process: Process, owner: Organization
) -> None:
    headers = {"authorization": f"Bearer {owner.key}"}
    body = {"name": "Anna Geheim", "email": "anna@mail.test"}
    inbox = httpx.post(f"{process.url}/v1/inboxes", json=body, headers=headers).json()
    answer = httpx.get(f"{process.url}/v1/inboxes/{inbox['id']}?secret=word", headers=headers)
    eventually(lambda: len(process.named("request.answered")) == 2)

    line = process.named("request.answered")[-1]
    expected = {
        "method": "GET",
        "route": "/v1/inboxes/{inboxId}",
        "status": 200,
        "request_id": answer.headers["x-request-id"],
        "organization_id": ids.encode(ids.ORGANIZATION, owner.id),
        "service": "api",
    }
    assert {name: line.get(name) for name in expected} == expected
    assert line["ms"] > 0
    for word in ("Geheim", "anna", "word", owner.key, "127.0.0.1"):
        assert word not in process.log.read_text()


def test_an_accepted_message_is_one_line_with_its_id(process: Process, owner: Organization) -> None:
    headers = {"authorization": f"Bearer {owner.key}"}
    with httpx.Client(base_url=process.url, headers=headers) as client:
        sent = box(client).send(subject="Geheim")
    [line] = eventually(lambda: process.named("message.accepted"))

    assert (line["message_id"], line["status"]) == (sent["id"], 202)
    assert line["route"] == "/v1/inboxes/{inboxId}/messages/send"
    assert line["request_id"].startswith("req_")
    assert len(process.named("request.answered")) == 1  # the inbox
    for word in ("Geheim", JANE):
        assert word not in process.log.read_text()


def test_a_crash_is_logged_with_its_request_id_and_without_its_words(
    process: Process, owner: Organization, engine: sa.Engine
) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE inbox ADD CHECK (name <> 'Anna Geheim')"))
    headers = {"authorization": f"Bearer {owner.key}", "x-request-id": "trace-1"}

    answer = httpx.post(f"{process.url}/v1/inboxes", json={"name": "Anna Geheim"}, headers=headers)

    assert answer.status_code == 500
    [line] = eventually(lambda: process.named("request.failed"))
    assert (line["request_id"], line["error"]) == ("trace-1", "IntegrityError")
    assert "Geheim" not in process.log.read_text()


@pytest.mark.parametrize("keys", ["", "2026:short"])
def test_without_keys_for_secrets_it_does_not_begin_and_says_why(
    settings: Settings, tmp_path: Path, keys: str
) -> None:
    with running(settings, tmp_path / "api.log", POSTROOM_SECRET_KEYS=keys) as process:
        assert process.popen.wait(30) != 0

    [line] = process.named("api.refused")
    assert "POSTROOM_SECRET_KEYS" in line["reason"]
    assert "short" not in process.log.read_text()


def test_a_stream_does_not_hold_its_end(process: Process, owner: Organization) -> None:
    headers = {"authorization": f"Bearer {owner.key}"}
    with httpx.Client(base_url=process.url, headers=headers) as client, listening(client) as stream:
        process.popen.send_signal(signal.SIGTERM)
        eventually(lambda: stream.ended)  # cut off, it would be broken

        assert process.popen.wait(30) == 0
    assert not stream.broken
    [line] = [one for one in process.lines() if one.get("route") == "/v1/events/stream"]
    assert (line["event"], line["status"]) == ("request.answered", 200)
    assert not [one for one in process.lines() if one["level"] == "error"]
