"""Search in an inbox of a hundred thousand messages, as its caller waits for it: over HTTP."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import urlencode

import orjson

from common import ids
from deploy.local.ports import LOOPBACK
from services.api import cursor
from tests.bench.measure import ROUNDS, percentile
from tests.bench.scale_shape import BIG, INBOX, MESSAGE, Shape
from tests.bench.scale_text import COMMON, UNCOMMON, order

VISITS: Final = 150  # of one round
FEW_VISITS: Final = 10  # of what has no bar
_WARM_VISITS: Final = 20
LEAST_DEPTH: Final = cursor.LIMIT * 5  # a page of threads takes as many messages


class Caller:
    """One connection that is kept, as a client's is."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = HTTPConnection(LOOPBACK, port)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: bytes | None = None) -> Any:
        """What it answers; RuntimeError with what is no 200 and no 202."""
        self._connection.request(method, path, body, self._headers)
        answer = self._connection.getresponse()
        read = answer.read()
        if answer.status not in {200, 202}:
            raise RuntimeError(read.decode())
        return orjson.loads(read)

    def found(self, inbox_id: str, **query: str) -> list[Any]:
        """A page of messages."""
        found: list[Any] = self.ask("GET", f"/v1/inboxes/{inbox_id}/messages?{urlencode(query)}")
        return found


@dataclass(frozen=True, slots=True)
class Search:
    """A list that is narrowed. `query` makes its parameters for one visit; `least` of it has to be
    found. `path`: behind the inbox, or from the beginning.
    """

    name: str
    query: Callable[[Shape, random.Random], dict[str, str]]
    least: int
    visits: int = FEW_VISITS
    path: str = "messages"


def _rare(shape: Shape, dice: random.Random) -> dict[str, str]:
    return {"query": order(_some(shape, dice))}


def _common(shape: Shape, dice: random.Random) -> dict[str, str]:
    return {"query": COMMON, "cursor": cursor.encode(shape.uuid(MESSAGE, _some(shape, dice)))}


def _both(shape: Shape, dice: random.Random) -> dict[str, str]:
    return {"query": f"{COMMON} {order(_some(shape, dice))}"}


def _always(**query: str) -> Callable[[Shape, random.Random], dict[str, str]]:
    return lambda *_: query


def _some(shape: Shape, dice: random.Random) -> int:
    """A message of the big inbox, with a page of threads behind it."""
    return shape.number(BIG, dice.randrange(LEAST_DEPTH, shape.in_inbox(BIG)))


RARE, EVERY = "a word of one message", "a word of every message"
SEARCHES: Final = (
    Search(RARE, _rare, 1, VISITS),
    Search(EVERY, _common, cursor.LIMIT, VISITS),
    Search("a word of one in a hundred", _always(query=UNCOMMON), 10),
    Search("a word of every and one of one", _both, 1),
    Search("threads, a word of one message", _rare, 1, path="threads"),
    Search("threads, a word of every message", _common, cursor.LIMIT, path="threads"),
    Search("threads, a word of one in a hundred", _always(query=UNCOMMON), 10, path="threads"),
    Search("a status of one in fifty", _always(status="bounced"), 10),
    Search("a label of one in three", _always(label="orders"), cursor.LIMIT),
    Search("labels, counted", _always(), 1, path="labels"),
    Search("events", _always(), cursor.LIMIT, path="/v1/events"),
    Search("events of one in fifty", _always(type="message.bounced"), 10, path="/v1/events"),
    Search("events that never were", _always(type="message.complained"), 0, path="/v1/events"),
)


def searches(shape: Shape, caller: Caller) -> dict[str, tuple[float, ...]]:
    """Milliseconds, p99 of each round, by the names of `SEARCHES`."""
    dice = random.Random(6)  # noqa: S311 - the same words each time, no secret
    inbox = f"/v1/inboxes/{ids.encode(ids.INBOX, shape.uuid(INBOX, BIG))}/"

    def visit(search: Search) -> float:
        path = search.path if search.path.startswith("/") else inbox + search.path
        asked = f"{path}?{urlencode(search.query(shape, dice))}"
        began = time.perf_counter()
        found = caller.ask("GET", asked)
        took = (time.perf_counter() - began) * 1000
        if len(found) < search.least:
            raise RuntimeError(f"{search.name}: {asked} found {len(found)}")
        return took

    for search in SEARCHES:
        for _ in range(min(_WARM_VISITS, search.visits)):
            visit(search)
    rounds = [
        {one.name: [visit(one) for _ in range(one.visits)] for one in SEARCHES}
        for _ in range(ROUNDS)
    ]
    return {
        one.name: tuple(percentile(each[one.name], 0.99) for each in rounds) for one in SEARCHES
    }
