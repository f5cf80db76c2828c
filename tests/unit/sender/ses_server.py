"""What the tests of `ses` call: servers on loopback that answer as SES v2 does."""

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from common.endpoint import Endpoint
from common.settings import Settings
from common.signed import Signed
from services.sender import wire
from services.sender.ses import Outcome, Ses
from services.sender.wire import Envelope
from tests.integration.webhooks.endpoint import Script, answering

ENVELOPE = Envelope(
    sender="a@postroom.test",
    to=("to@example.com",),
    cc=("cc@example.com",),
    bcc=("bcc@example.com",),
    tags=(("postroom_message", "msg_1"), ("postroom_attempt", "2")),
    mime=[b"From: a@postroom.test\r\n\r\nhello"],
)


def keys_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine that the tests run on: no profile, no role, no proxy."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("NO_PROXY", "*")


def accepting(body: bytes = b'{"MessageId": "0100"}') -> Script:
    return answering(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
        b"content-length: %d\r\n\r\n%s" % (len(body), body)
    )


def refusing(status: int, code: str, words: str) -> Script:
    """Make an error as SES v2 writes it: the code in a header, the words in the body."""
    body = json.dumps({"message": words}).encode()
    head = (
        f"HTTP/1.1 {status} x\r\nx-amzn-ErrorType: {code}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return answering(head.encode() + body)


class Caller:
    """SES as somebody asks it who makes one call after the other, in one event loop."""

    def __init__(self, runner: asyncio.Runner, ses: Ses) -> None:
        self.runner, self.ses = runner, ses

    def send(self, envelope: Envelope) -> Outcome:
        return self.runner.run(self.ses.send(envelope))


@contextmanager
def ses_at(url: str, patience: float = 1, connect: float = 5) -> Iterator[Caller]:
    settings = Settings(
        database_url="postgresql://nobody@localhost/nothing",
        redis_url="redis://localhost",
        aws_url=url,
    )
    endpoint = Endpoint(settings, "sesv2", wire.PATH)

    async def signed() -> Signed:
        return Signed(endpoint, connect_timeout=connect, read_timeout=patience)

    with asyncio.Runner() as runner:
        client = runner.run(signed())
        try:
            yield Caller(runner, Ses(client, "postroom"))
        finally:
            runner.run(client.close())


def send_to(url: str, envelope: Envelope = ENVELOPE, patience: float = 1) -> Outcome:
    with ses_at(url, patience) as ses:
        return ses.send(envelope)
