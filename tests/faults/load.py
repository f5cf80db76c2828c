"""Clients that send at a steady rate and never give up: each request has an Idempotency-Key and is
made again, after a 503, a 409 `in flight` or a broken connection, until it has its 2xx.

Each request is on a connection of its own: a kept one that the server closes just then would look
like a dropped request.
"""

import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import httpx
import orjson

from tests.faults.customers import Customer, mail
from tests.faults.evidence import Answer

_REPLAYS: Final = 0.1  # of the requests are made again after their 2xx
_PATIENCE_SECONDS: Final = 20.0
"""For one answer: the API's own are bounded far below."""
_IN_FLIGHT: Final = 409
_AWAY: Final = 503


@dataclass(frozen=True, slots=True)
class Request:
    customer: Customer
    key: str
    body: bytes


@dataclass(slots=True)
class Journal:
    """What the clients saw. `odd`: answers that no client should have had."""

    answers: list[Answer] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    odd: list[str] = field(default_factory=list)
    cut: int = 0
    """Connections that broke after they were made."""
    slowest: float = 0.0
    """Seconds until an answer or the end of a connection, at the most."""


class Load:
    """`begin`, then faults, then `finish`."""

    def __init__(self, url: str, customers: Sequence[Customer], seed: int) -> None:
        self.journal = Journal()
        self._url = url
        self._customers = customers
        self._dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self._number = 0
        self._thread: threading.Thread | None = None
        self._deadline = 0.0

    def begin(self, count: int, rate: float, within: float) -> None:
        """`count` messages, `rate` a second, all answered so many seconds after the last's turn."""
        self._deadline = time.monotonic() + count / rate + within
        requests = [self._request() for _ in range(count)]
        self._thread = threading.Thread(target=self._run, args=(requests, rate), daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """All have their 2xx, or are in `journal.odd`."""
        if self._thread is not None:
            self._thread.join(max(self._deadline - time.monotonic(), 0) + _PATIENCE_SECONDS + 5)
            assert not self._thread.is_alive(), "the clients do not come to an end"

    def is_over(self) -> bool:
        return self._thread is None or not self._thread.is_alive()

    def send(self, count: int, rate: float, within: float = 60) -> None:
        """All of it, now."""
        self.begin(count, rate, within)
        self.finish()

    def _request(self) -> Request:
        self._number += 1
        customer = self._customers[self._number % len(self._customers)]
        body = orjson.dumps(mail(self._dice, self._number))
        return Request(customer, f"key-{self._number}", body)

    def _run(self, requests: list[Request], rate: float) -> None:
        asyncio.run(self._all(requests, rate))

    async def _all(self, requests: list[Request], rate: float) -> None:
        # As many as there are requests: who waits for a place among 300 waits for this client.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        timeout = httpx.Timeout(_PATIENCE_SECONDS)
        began = time.monotonic()
        async with (
            httpx.AsyncClient(
                base_url=self._url, limits=limits, timeout=timeout, trust_env=False
            ) as client,
            asyncio.TaskGroup() as group,
        ):
            for number, request in enumerate(requests):
                await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
                group.create_task(self._deliver(client, request))

    async def _deliver(self, client: httpx.AsyncClient, request: Request) -> None:
        first = await self._until_answered(client, request)
        if first is None:
            self.journal.odd.append(f"{request.key}: no answer in time")
            return
        at, alike = time.time(), True
        if self._dice.random() < _REPLAYS:
            again = await self._until_answered(client, request)
            alike = again is not None and again.content == first.content and _says_so(again)
        key = f"{request.customer.inbox_id} {request.key}"
        self.journal.answers.append(Answer(key, first.json()["id"], at, alike))

    async def _until_answered(
        self, client: httpx.AsyncClient, request: Request
    ) -> httpx.Response | None:
        pause = 0.05
        while time.monotonic() < self._deadline:
            answer = await self._ask(client, request)
            if answer is not None and answer.is_success:
                return answer
            await asyncio.sleep(pause * self._dice.uniform(0.5, 1.5))
            pause = min(pause * 2, 0.8)
        return None

    async def _ask(self, client: httpx.AsyncClient, request: Request) -> httpx.Response | None:
        headers = request.customer.headers | {"idempotency-key": request.key}
        began = time.monotonic()
        try:
            answer = await client.post(request.customer.path, content=request.body, headers=headers)
        except httpx.ConnectError:
            self.journal.statuses["refused"] += 1
            return None
        except httpx.TransportError as error:
            self.journal.statuses[type(error).__name__] += 1
            self.journal.cut += 1
            return None
        finally:
            self.journal.slowest = max(self.journal.slowest, time.monotonic() - began)
        self._judge(request, answer)
        return answer

    def _judge(self, request: Request, answer: httpx.Response) -> None:
        status = answer.status_code
        self.journal.statuses[str(status)] += 1
        may_be = answer.is_success or status in {_IN_FLIGHT, _AWAY}
        if not may_be or (status == _AWAY and "retry-after" not in answer.headers):
            self.journal.odd.append(f"{request.key}: {status} {answer.text[:200]}")


def _says_so(answer: httpx.Response) -> bool:
    return bool(answer.headers.get("idempotent-replayed") == "true")
