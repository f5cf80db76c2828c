"""The mixed load of a soak, from one event loop: sends, replies, received mail, reads.

saturate   closed: as many as come to their end, with so many under way at one time
pace       open: at a steady rate, whether or not the system keeps up
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final, Self

import aiohttp
import orjson

from tests.bench.soak_ground import Customer, Site
from tests.bench.soak_mail import RECEIVED, Wanted, wanted

UNDER_WAY: Final = 256
"""Messages between the request and the webhook that tells of their end, while saturated."""
_CLIENTS: Final = 32
_MOST_TASKS: Final = 1_000
_LOOK_SECONDS: Final = 0.05
_PATIENCE: Final = aiohttp.ClientTimeout(total=30)
_TRIES: Final = 5
_AGAIN_SECONDS: Final = 1.0
_KEPT: Final = 500  # messages that may yet be replied to or read


@dataclass(slots=True)
class Seen:
    """What the clients saw. `took`: seconds of the sends since it was last emptied."""

    accepted: set[str] = field(default_factory=set)
    received: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    unlike: int = 0
    """Requests that were made again under their key, and had another answer."""
    took: list[float] = field(default_factory=list)

    @property
    def begun(self) -> int:
        """Messages that must come to an end."""
        return len(self.accepted) + self.received


class Load:
    """Use it as a context manager, in the event loop."""

    def __init__(self, here: Site) -> None:
        self.seen = Seen()
        self.ended = 0
        """Webhooks that told of an end, when last looked."""
        self._site = here
        self._numbers = count()
        self._sent: deque[tuple[Customer, str]] = deque(maxlen=_KEPT)

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(limit=_CLIENTS)
        self._client = aiohttp.ClientSession(connector=connector, timeout=_PATIENCE)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def saturate(self, seconds: float) -> None:
        """As much as the whole system can do."""
        until = time.monotonic() + seconds
        looking = asyncio.create_task(self._keep_looking())

        async def client() -> None:
            while time.monotonic() < until:
                if self.seen.begun - self.ended < UNDER_WAY:
                    await self._one()
                else:
                    await asyncio.sleep(_LOOK_SECONDS)

        try:
            await asyncio.gather(*(client() for _ in range(_CLIENTS)))
        finally:
            looking.cancel()

    async def pace(self, a_second: float, seconds: float) -> None:
        """Who has to wait, waits for the system: each is due at its own moment."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            room = asyncio.Semaphore(_MOST_TASKS)
            for due in _dues(began, a_second, seconds):
                await asyncio.sleep(due - time.monotonic())
                await room.acquire()
                group.create_task(self._one(due)).add_done_callback(lambda _: room.release())

    async def look(self) -> int:
        """How many have come to their end."""
        async with self._client.get(self._site.hooks) as answer:
            self.ended = orjson.loads(await answer.read()).get("/ended", 0)
        return self.ended

    async def _keep_looking(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(_LOOK_SECONDS)

    async def _one(self, due: float | None = None) -> None:
        number = next(self._numbers)
        customer = self._site.customers[number % len(self._site.customers)]
        for one in wanted(number):
            if one is Wanted.RECEIVED:
                await self._receive(customer, number)
            elif one is Wanted.READ:
                await self._read(number)
            else:
                await self._send(customer, number, one, due)

    async def _send(self, customer: Customer, number: int, kind: Wanted, due: float | None) -> None:
        began = time.monotonic() if due is None else due
        path = f"{customer.path}/send"
        if kind is Wanted.REPLY and self._sent:
            customer, answered = self._sent.popleft()
            path = f"{customer.path}/{answered}/reply"
        elif kind is Wanted.REPLY:
            kind = Wanted.PLAIN
        headers = {**customer.headers, "idempotency-key": f"soak-{number}"}
        first = await self._ask("POST", path, kind.body(number), headers)
        self.seen.took.append(time.monotonic() - began)
        if first is None:
            return
        message_id = orjson.loads(first)["id"]
        self.seen.accepted.add(message_id)
        if kind.can_be_answered(number):
            self._sent.append((customer, message_id))
        if kind is Wanted.REPEATED:
            again = await self._ask("POST", path, kind.body(number), headers)
            self.seen.unlike += again not in {first, None}

    async def _receive(self, customer: Customer, number: int) -> None:
        url = f"{self._site.aws_url}/inbound"
        asked = {"to": customer.email, "from": "jane@customer.example"}
        data = RECEIVED % (number, number)
        async with self._client.post(url, params=asked, data=data) as answer:
            answer.raise_for_status()
        self.seen.received += 1

    async def _read(self, number: int) -> None:
        """In turns: one message, a page, a search."""
        if not self._sent:
            return
        customer, message_id = self._sent[-1]
        tails = (f"/{message_id}", "?limit=50", f"?query=number+n{number // 2}")
        await self._ask("GET", customer.path + tails[number // 5 % 3], None, customer.headers)

    async def _ask(self, method: str, path: str, body: bytes | None, headers: Any) -> bytes | None:
        """The answer. Any but a good one is counted, and asked for again, as clients do."""
        for _ in range(_TRIES):
            if (told := await self._try(method, path, body, headers)) is not None:
                return told
            await asyncio.sleep(_AGAIN_SECONDS)
        return None

    async def _try(self, method: str, path: str, body: bytes | None, headers: Any) -> bytes | None:
        url = self._site.api_url + path
        try:
            async with self._client.request(method, url, data=body, headers=headers) as answer:
                told = await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            self.seen.refused[type(error).__name__] += 1
            return None
        if answer.ok:
            return told
        self.seen.refused[f"{answer.status} {path.rpartition('/')[2][:12]}"] += 1
        return None


def _dues(began: float, a_second: float, seconds: float) -> Iterator[float]:
    return (began + number / a_second for number in range(int(a_second * seconds)))
