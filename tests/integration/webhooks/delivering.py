"""The worker's parts, asked one thing after the other; and what an endpoint says."""

import asyncio
from collections.abc import Awaitable, Coroutine, Mapping
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from standardwebhooks.webhooks import Webhook as Verifier

from common.vault import Vault
from services.webhooks.client import WebhookClient
from services.webhooks.deliver import Deliverer
from services.webhooks.jobs import Claimed, Jobs, Result
from services.webhooks.standing import Changes
from tests.integration.builders import SECRET, VAULT

T = TypeVar("T")

LIMIT = 64


class Queue:
    """`Jobs`, for who is not in the loop."""

    def __init__(self, engine: AsyncEngine, runner: asyncio.Runner, limit: int = LIMIT) -> None:
        self.jobs = Jobs(engine, 60, limit)
        self._runner = runner

    def claim(self, most: int, in_hand: Mapping[UUID, int] | None = None) -> list[Claimed]:
        return self.run(self.jobs.claim(most, in_hand or {}))

    def record(self, results: list[Result]) -> Changes:
        return self.run(self.jobs.record(results))

    def give_back(self, claims: list[Claimed]) -> None:
        self.run(self.jobs.give_back(claims))

    def together(self, *asked: Awaitable[T]) -> list[T]:
        """All at one time."""

        async def gathered() -> list[T]:
            return list(await asyncio.gather(*asked))

        return self.run(gathered())

    def run(self, asked: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(asked)


class Delivering:
    """`Deliverer` and its client, likewise."""

    def __init__(
        self,
        queue: Queue,
        rings: list[str],
        client: WebhookClient | None = None,
        vault: Vault = VAULT,
    ) -> None:
        self._queue = queue
        client = client or WebhookClient(30, allow_private=True)

        async def make() -> Deliverer:
            return Deliverer(queue.jobs, client, vault, rings.append)

        self._deliverer = queue.run(make())

    def round(self, most: int = 100) -> int:
        """All that is due now, one after the other; how many."""

        async def deliver() -> int:
            claims = await self._deliverer.claim(most)
            for claimed in claims:
                await self._deliverer.record([await self._deliverer.attempt(claimed)])
            return len(claims)

        return self._queue.run(deliver())

    def close(self) -> None:
        self._queue.run(self._deliverer.close())


def deliver(deliverer: Delivering) -> int:
    """All that is due, one after the other; how many."""
    return deliverer.round()


def saying(status: int, header: str = "x: y") -> bytes:
    return f"HTTP/1.1 {status} x\r\n{header}\r\ncontent-length: 0\r\n\r\n".encode()


def verified(request: bytes, secret: str = SECRET) -> tuple[dict[str, str], Any]:
    """The headers, and the body as the library `standardwebhooks` lets it through."""
    head, body = request.split(b"\r\n\r\n", 1)
    lines = head.decode().split("\r\n")[1:]
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return headers, Verifier(secret).verify(body, headers)


def make_due(engine: sa.Engine, attempts: int | None = None) -> None:
    """Now; and, where it is said, after so many attempts."""
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE delivery SET due_at = now(), attempts = coalesce(:made, attempts)"),
            {"made": attempts},
        )
