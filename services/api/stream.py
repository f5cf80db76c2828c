"""Server-Sent Events (WHATWG HTML 9.2) from the log of events.

A stream holds one page and its place in the log. It reads on when what it has told is taken.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from common import events, ids, logs
from common.resources import Row
from services.api import event_log
from services.api.event_log import Start
from services.api.filters import Filters
from services.api.keyring import Keyring
from services.api.patient import patient
from services.api.watch import Watch

MEDIA_TYPE: Final = "text/event-stream"
PING_SECONDS: Final = 15.0
PING: Final = b": ping\n"
_PAUSE_SECONDS: Final = 1.0
"""After the database did not answer."""
_HEADERS: Final = {"cache-control": "no-store", "x-accel-buffering": "no"}

log = logs.get(__name__)


@dataclass(slots=True)
class Reader:
    """One stream: who reads, what, and how far it has come."""

    engine: AsyncEngine
    keyring: Keyring
    key: str
    organization_id: UUID
    filters: Filters
    start: Start
    ping_seconds: float = PING_SECONDS

    async def told(self, woken: asyncio.Event) -> AsyncIterator[bytes]:
        """Without an end of its own, but when the key is deleted."""
        ping_at = _time() + self.ping_seconds
        while True:
            if _time() >= ping_at:
                if not await self._is_allowed():
                    return
                ping_at = _time() + self.ping_seconds
                yield PING
            elif woken.is_set():
                yield await self._read(woken)
            else:
                with suppress(TimeoutError):
                    await asyncio.wait_for(woken.wait(), ping_at - _time())

    async def _read(self, woken: asyncio.Event) -> bytes:
        """The next page as it is told. `woken` stays set where there may be more."""
        woken.clear()
        try:
            async with self.engine.connect() as connection:
                page = await event_log.read(
                    connection, self.organization_id, self.filters, self.start
                )
        except Exception as error:  # noqa: BLE001 - the reader waits, whatever it is
            log.warning("stream.interrupted", error=type(error).__name__)
            await asyncio.sleep(_PAUSE_SECONDS)
            woken.set()
            return b""
        self.start = self.start._replace(position=page.end)
        if page.is_full:
            woken.set()
        return b"".join(map(_written, page.events))

    async def _is_allowed(self) -> bool:
        """As far as is known: a database that is away does not end a stream."""
        try:
            return await self.keyring.find(self.key) is not None
        except Exception as error:  # noqa: BLE001 - as above
            log.warning("stream.interrupted", error=type(error).__name__)
            return True


def _time() -> float:
    return asyncio.get_running_loop().time()


def _written(row: Row) -> bytes:
    """As section 9.2.5 has it; JSON of orjson has no line end in it."""
    event_id = ids.encode(ids.EVENT, row["id"])
    data = orjson.dumps(events.envelope(row, row["text"], row["html"], row["extracted_text"]))
    return f"id: {event_id}\nevent: {row['type']}\ndata: ".encode() + data + b"\n\n"


class EventStream(StreamingResponse):
    """The answer that goes on until the reader hangs up, or the process stops."""

    media_type = MEDIA_TYPE

    def __init__(self, watch: Watch, reader: Reader) -> None:
        super().__init__(iter(()), headers=_HEADERS)
        self._watch = watch
        self._reader = reader

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Here, not in the route: what is begun before an answer is sent may never be ended.
        with self._watch.subscribed(self._reader.organization_id) as woken:
            self.body_iterator = until(self._watch.stopping, self._reader.told(woken))
            with suppress(TimeoutError):
                await super().__call__(scope, receive, patient(send))


async def until(stopping: asyncio.Event, told: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """What is told, up to the moment when the process stops, whatever is waited for then."""
    stop = asyncio.create_task(stopping.wait())
    try:
        while not stopping.is_set():
            piece = asyncio.ensure_future(anext(told, None))
            try:
                await asyncio.wait({piece, stop}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                piece.cancel()  # where it is not there yet
            if not piece.done() or (text := piece.result()) is None:
                return
            if text:
                yield text
    finally:
        stop.cancel()
