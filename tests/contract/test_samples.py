"""The receivers that the README and the OpenAPI document show, run as they stand."""

import asyncio
import logging
import runpy
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import time

import httpx
import pytest

from services.api.samples import PYTHON, TYPESCRIPT
from services.webhooks.signing import headers, new_secret
from tests.contract.node import Running, running

SECRET = new_secret()
BODY = '{"id":"evt_1","event":"message.sent","payload":{"subject":"Grüße 🎉"}}'.encode()

Receiver = Callable[[bytes, Mapping[str, str]], tuple[int, list[str]]]
"""Called with a body and headers: the status it answers, and what it did."""


def of_python(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Receiver:
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    caplog.set_level(logging.INFO, "mail")
    app = runpy.run_path(str(PYTHON))["app"]

    async def post(body: bytes, head: Mapping[str, str]) -> int:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="https://example.com") as client:
            return (await client.post("/mail", content=body, headers=head)).status_code

    def receive(body: bytes, head: Mapping[str, str]) -> tuple[int, list[str]]:
        caplog.clear()
        status = asyncio.run(post(body, head))
        return status, [record.getMessage() for record in caplog.records if record.name == "mail"]

    return receive


def of_typescript(node: Running) -> Receiver:
    def receive(body: bytes, head: Mapping[str, str]) -> tuple[int, list[str]]:
        told = node.ask({"body": b64encode(body).decode(), "headers": dict(head)})
        return told["status"], told["done"]

    return receive


@pytest.fixture(params=["python", "typescript"])
def receive(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Receiver]:
    if request.param == "python":
        yield of_python(monkeypatch, caplog)
        return
    with running("receive.mjs", tmp_path, TYPESCRIPT, env={"WEBHOOK_SECRET": SECRET}) as node:
        yield of_typescript(node)


def signed(*secrets: str, webhook_id: str = "evt_1") -> dict[str, str]:
    return headers(secrets or (SECRET,), webhook_id, int(time()), BODY)


def test_a_signed_call_is_worked_on(receive: Receiver) -> None:
    assert receive(BODY, signed()) == (204, ["message.sent evt_1"])


def test_a_repeated_id_is_acknowledged_and_dropped(receive: Receiver) -> None:
    receive(BODY, signed())

    assert receive(BODY, signed()) == (204, [])
    assert receive(BODY, signed(webhook_id="evt_2")) == (204, ["message.sent evt_1"])


def test_what_is_not_from_us_is_refused_and_does_nothing(receive: Receiver) -> None:
    tampered = receive(BODY.replace(b"sent", b"lost"), signed())
    strangers = receive(BODY, signed(new_secret()))
    malformed = receive(BODY, signed() | {"webhook-signature": "garbage"})
    bare = receive(BODY, {})

    assert [tampered, strangers, malformed, bare] == [(400, [])] * 4
    assert receive(BODY, signed()) == (204, ["message.sent evt_1"])  # none of them was remembered


def test_a_call_during_a_rotation_is_worked_on(receive: Receiver) -> None:
    assert receive(BODY, signed(new_secret(), SECRET)) == (204, ["message.sent evt_1"])
