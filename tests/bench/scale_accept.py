"""What search costs an accept in a database of a million messages, and how soon it finds one.

The same API with its index of words and without it, in turns: what is accepted in each turn is
indexed in it, or never.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Final
from uuid import uuid4

import orjson
import sqlalchemy as sa

from common.db import make_engine
from common.settings import Settings
from deploy.local import ports
from tests.bench.accept_ground import BODY, Tenant, tenant
from tests.bench.client import Target, load, pace
from tests.bench.ground import process, whereabouts
from tests.bench.measure import ROUNDS, cpu_seconds
from tests.bench.scale_search import Caller
from tests.waiting import eventually

SECONDS: Final = 3.0  # of one turn
PACED_PART: Final = 0.5
_WARM_SECONDS: Final = 1.0
_PROBES: Final = 5
_WITH, _WITHOUT = "services.api", "tests.bench.scale_mute"


@dataclass(slots=True)
class Cost:
    """Of each round: accepts a second and their CPU in milliseconds, with search and without;
    seconds until a message was found, the longest, with nothing else to do and with half of the
    load.
    """

    rates: dict[str, list[float]] = field(default_factory=lambda: {_WITH: [], _WITHOUT: []})
    cpu: dict[str, list[float]] = field(default_factory=lambda: {_WITH: [], _WITHOUT: []})
    idle: list[float] = field(default_factory=list)
    loaded: list[float] = field(default_factory=list)

    @property
    def ratios(self) -> tuple[float, ...]:
        """Of the rates: with search by without."""
        pairs = zip(self.rates[_WITH], self.rates[_WITHOUT], strict=True)
        return tuple(one / other for one, other in pairs)


def cost(settings: Settings) -> Cost:
    """In a database that is there already."""
    engine, found = make_engine(settings), Cost()
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        client = stack.enter_context(ProcessPoolExecutor(1, get_context("spawn")))
        turns = _Turns(settings, engine, tenant(engine), client, found)
        for _ in range(ROUNDS):
            turns.measure(_WITHOUT)
            turns.measure(_WITH)
    return found


@contextmanager
def api(settings: Settings, module: str = _WITH) -> "Iterator[tuple[int, int]]":
    """Port and process id of one process of it."""
    (port,) = ports.free(1)
    with process(module, **whereabouts(settings), POSTROOM_PORT=str(port)) as child:
        eventually(lambda: ports.answers(port), within=60)
        yield port, child.pid


@dataclass(frozen=True, slots=True)
class _Turns:
    settings: Settings
    engine: sa.Engine
    owner: Tenant
    client: ProcessPoolExecutor
    found: Cost

    def measure(self, module: str) -> None:
        with api(self.settings, module) as (port, pid):
            head = f"POST {self.owner.path} HTTP/1.1\r\nAuthorization: Bearer {self.owner.key}\r\n"
            target = Target((port,), head, BODY)
            self.client.submit(load, target, _WARM_SECONDS).result()
            cpu = cpu_seconds(pid)
            driven = self.client.submit(load, target, SECONDS).result()
            self.found.rates[module].append(driven.requests / driven.seconds)
            self.found.cpu[module].append((cpu_seconds(pid) - cpu) / driven.requests * 1000)
            self.forget_words()
            if module == _WITH:
                self.look(Caller(port, self.owner.key), target)
        self.forget_words()

    def look(self, caller: Caller, target: Target) -> None:
        self.found.idle.append(max(self.until_found(caller) for _ in range(_PROBES)))
        rate = self.found.rates[_WITH][-1] * PACED_PART
        paced = self.client.submit(pace, target, rate, 2 * SECONDS)
        self.found.loaded.append(max(self.until_found(caller) for _ in range(_PROBES)))
        paced.result()

    def until_found(self, caller: Caller) -> float:
        word = f"w{uuid4().hex}"
        body = orjson.loads(BODY) | {"subject": word}
        caller.ask("POST", self.owner.path, orjson.dumps(body))
        began = time.perf_counter()
        inbox_id = self.owner.path.split("/")[3]
        eventually(lambda: caller.found(inbox_id, query=word), within=60)
        return time.perf_counter() - began

    def forget_words(self) -> None:
        with self.engine.begin() as connection:
            connection.execute(sa.text("DELETE FROM search WHERE document IS NULL"))
