"""Hearing of received mail the moment it is committed: one connection of this process that listens.

The inbound worker notifies in its own transaction, so what is heard is there, and what is rolled
back is never heard. A notification may be lost (the connection breaks, a pooler keeps it), so it is
only a reason to look: who waits also looks by itself, sooner while nobody listens (`is_up`).
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Final
from uuid import UUID

from common import deadlines, logs
from common.db import OF_THE_API
from common.settings import Settings

CHANNEL: Final = "postroom_received"
"""Its notifications carry the inbox's id: `inbox.id::text`."""
PING_SECONDS: Final = 5.0
"""How often the silence is asked whether it is one: a server that has gone sends no farewell."""
_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 5.0

log = logs.get(__name__)


class Listener:
    """A task in the API's event loop, from `start` to `close`."""

    def __init__(
        self, settings: Settings, hear: Callable[[UUID], None], catch_up: Callable[[], None]
    ) -> None:
        """`hear`: mail has arrived in this inbox. `catch_up`: it may have, in any, unheard."""
        self.is_up = False
        self._url = settings.database_url.replace("postgresql+psycopg", "postgresql", 1)
        self._hear = hear
        self._catch_up = catch_up
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """In a running event loop; once is enough."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="listener")

    async def close(self) -> None:
        """Nobody hears anything any more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        pause, is_told = _FIRST_PAUSE_SECONDS, False
        while True:
            try:
                await self._listen()
            except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again
                if self.is_up or not is_told:
                    log.warning("listener.interrupted", error=type(error).__name__)
                    pause, is_told = _FIRST_PAUSE_SECONDS, True
            finally:
                self.is_up = False
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)

    async def _listen(self) -> None:
        """Until the connection is lost. What came before it was there is caught up with."""
        arguments = OF_THE_API.arguments()
        connection = await deadlines.AsyncConnection.connect(
            self._url, autocommit=True, **arguments
        )
        async with connection:
            connection.patience = OF_THE_API.answer
            await connection.execute(f"LISTEN {CHANNEL}")
            self.is_up = True
            self._catch_up()
            while True:
                async for heard in connection.notifies(timeout=PING_SECONDS):
                    with suppress(ValueError):  # anybody in the database may notify of anything
                        self._hear(UUID(heard.payload))
                with deadlines.hurried(connection, OF_THE_API.ping):
                    await connection.execute("SELECT 1")
