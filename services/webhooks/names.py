"""Names to addresses, without standing in the way of the loop or of each other.

`getaddrinfo` blocks and cannot be told to stop: a name whose server never answers holds it for
as long as resolv.conf says (5 s, twice, for each server). So each lookup has a thread of its own,
and the attempt stops waiting at its deadline; in the loop's executor a few hostile names would keep
all others waiting. The thread is a daemon: those of an executor are joined at exit, and one hostile
name would hold the end of the process. They are counted, so that hostile names cannot fill the
machine, and attempts that want one name at the same time share one lookup, so that one hostile
endpoint takes one place and not all. Nothing is remembered: what was answered is used by those who
waited for it, and checked by each.
"""

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Final

from services.webhooks.failures import DNS, Failed

MOST_LOOKUPS: Final = 128

Resolve = Callable[[str], Sequence[str]]


def system_addresses(name: str) -> list[str]:
    """Ask the system for every address of a name, in the order to try them (RFC 6724)."""
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Lookups:
    """Those under way, of one loop."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._free = asyncio.Semaphore(MOST_LOOKUPS)
        self._asked: dict[str, asyncio.Task[Sequence[str]]] = {}

    async def addresses(self, name: str) -> Sequence[str]:
        """Return the addresses of a name, at least one; Failed where there is none."""
        asked = self._asked.get(name)
        if asked is None:
            asked = self._asked[name] = asyncio.create_task(self._lookup(name))
            asked.add_done_callback(lambda _: self._asked.pop(name))
        try:
            found = await asyncio.shield(asked)
        except (OSError, UnicodeError) as error:  # no such name, no answer, no such spelling
            raise Failed(DNS) from error
        if not found:
            raise Failed(DNS)
        return found

    async def close(self) -> None:
        """Wait for none of them: their threads end by themselves."""
        asked = list(self._asked.values())
        for one in asked:
            one.cancel()
        await asyncio.gather(*asked, return_exceptions=True)

    async def _lookup(self, name: str) -> Sequence[str]:
        await self._free.acquire()
        answer: Future[Sequence[str]] = Future()
        answer.set_running_or_notify_cancel()  # from here on nobody cancels it
        try:
            threading.Thread(target=_ask, args=(self._resolve, name, answer), daemon=True).start()
        except RuntimeError:  # the system gives no more threads: our trouble, not the endpoint's
            self._free.release()
            raise
        loop = asyncio.get_running_loop()

        def leave(_: Future[Sequence[str]]) -> None:
            with suppress(RuntimeError):  # the loop is gone, and the place with it
                loop.call_soon_threadsafe(self._free.release)

        answer.add_done_callback(leave)
        return await asyncio.wrap_future(answer)


def _ask(resolve: Resolve, name: str, answer: Future[Sequence[str]]) -> None:
    try:
        answer.set_result(resolve(name))
    except Exception as error:  # noqa: BLE001 - raised again where it is waited for
        answer.set_exception(error)
