"""The bare loop beside which the webhook worker is measured: the same client, and nothing else."""

import asyncio
import time

import aiohttp
import uvloop


def drive(url: str, body: bytes, count: int, in_flight: int) -> tuple[float, float]:
    """Posts `count` times; seconds and CPU seconds of it."""
    return uvloop.run(_drive(url, body, count, in_flight))


async def _drive(url: str, body: bytes, count: int, in_flight: int) -> tuple[float, float]:
    connector = aiohttp.TCPConnector(limit=0)
    left = iter(range(count))

    async def post(session: aiohttp.ClientSession) -> None:
        for _ in left:
            async with session.post(url, data=body) as answer:
                await answer.read()

    async with aiohttp.ClientSession(connector=connector) as session:
        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(post(session) for _ in range(in_flight)))
        return time.perf_counter() - began, time.process_time() - cpu
