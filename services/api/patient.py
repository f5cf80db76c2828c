"""Sending to readers who may be slow, but not for ever."""

import asyncio
from typing import Final

from starlette.types import Message, Send

STALLED_SECONDS: Final = 60.0
"""Who takes nothing for so long is gone; uvicorn closes what is not complete."""


def patient(send: Send) -> Send:
    """The same `send`, with a TimeoutError where the reader takes nothing any more."""

    async def send_in_time(message: Message) -> None:
        async with asyncio.timeout(STALLED_SECONDS):
            await send(message)

    return send_in_time
