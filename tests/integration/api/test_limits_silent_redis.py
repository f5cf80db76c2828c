"""The limit while Redis is there and does not answer, or hangs up."""

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
import uvloop

from common import ids, queue
from common.settings import Settings
from services.api.counts import ByRedis, Count
from services.api.ring import Ringer
from tests.faults.proxy import Proxy, by, line_to
from tests.integration.api.limited import LIMIT


@contextmanager
def hanging_up() -> Iterator[int]:
    """The port of a server that resets every connection a moment after it was made."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:

        def reset_all() -> None:
            with suppress(OSError):
                while True:
                    accepted, _ = listener.accept()
                    over.wait(0.001)
                    accepted.setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                    )
                    accepted.close()

        thread = threading.Thread(target=reset_all)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.fixture
def line(settings: Settings) -> Iterator[Proxy]:
    """To Redis. It can be made to fall silent."""
    with line_to(settings.redis_url) as line:
        yield line


@pytest.fixture
def far(settings: Settings, line: Proxy) -> Settings:
    """Redis at the other end of the line."""
    return settings.model_copy(update={"redis_url": by(settings.redis_url, line)})


def test_a_redis_that_does_not_answer_is_left_alone_for_a_while(far: Settings, line: Proxy) -> None:
    """Waiting for it again and again, every request would be slow."""

    async def run() -> list[Count | None]:
        by_redis = ByRedis(far)
        counts = []
        for trouble, again_at in ((True, 0.0), (False, None), (False, 0.0)):
            line.trouble(half_open=trouble)
            by_redis._again_at = by_redis._again_at if again_at is None else again_at
            counts.append(await by_redis.count(ids.new(), LIMIT, 1))
        await by_redis.close()
        return counts

    first, soon, later = asyncio.run(run())

    assert (first, soon) == (None, None)
    assert later
    assert later.granted == 1


def test_a_redis_that_does_not_answer_does_not_hold_up_the_end(far: Settings, line: Proxy) -> None:
    line.trouble(half_open=True)

    async def run() -> bool:
        ringer = Ringer(far)
        ringer.ring(queue.SENDER)
        done, _ = await asyncio.wait([asyncio.create_task(ringer.close())], timeout=5)
        return bool(done)

    assert asyncio.run(run())


def test_a_redis_that_hangs_up_on_a_busy_process_is_away(settings: Settings) -> None:
    """A connection that is lost before its first use is an error of uvloop's own."""

    def be_busy() -> None:
        time.sleep(0.005)  # so that the loop hears of its connections late

    async def one(by_redis: ByRedis) -> Count | None:
        by_redis._again_at = 0.0
        return await by_redis.count(ids.new(), LIMIT, 1)

    async def many(port: int) -> list[Count | None]:
        url = f"redis://127.0.0.1:{port}/0"
        by_redis = ByRedis(settings.model_copy(update={"redis_url": url}))
        counted: list[Count | None] = []
        for _ in range(10):
            asking = asyncio.gather(*(one(by_redis) for _ in range(50)))
            while not asking.done():
                be_busy()
                await asyncio.sleep(0)
            counted += await asking
        return counted

    with hanging_up() as port:
        assert set(uvloop.run(many(port))) == {None}
