"""A webhook client in a loop of its own, for a test that is outside of it."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import uvloop

from services.webhooks.client import Answer, WebhookClient


class Caller:
    """`WebhookClient`, asked one thing after the other, or many at one time."""

    def __init__(self, client: WebhookClient, runner: asyncio.Runner) -> None:
        self._client = client
        self._runner = runner

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        return self._runner.run(self._client.post(url, body, headers))

    def post_all(
        self, url: str, bodies: Sequence[bytes], headers: Mapping[str, str], at_once: int = 1000
    ) -> list[Answer]:
        async def post_all() -> list[Answer]:
            room = asyncio.Semaphore(at_once)

            async def post(body: bytes) -> Answer:
                async with room:
                    return await self._client.post(url, body, headers)

            return list(await asyncio.gather(*map(post, bodies)))

        return self._runner.run(post_all())


@contextmanager
def calling(seconds: float = 30, **options: Any) -> Iterator[Caller]:
    """Make a client, and leave nothing of it."""
    client = WebhookClient(seconds, **options)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        yield Caller(client, runner)
        runner.run(client.close())
