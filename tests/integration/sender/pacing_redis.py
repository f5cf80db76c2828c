"""The pace on a real Redis: at a time that the test decides, and with a Redis that misbehaves."""

import os
import secrets
import socket
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import orjson
import redis

from common.settings import Settings
from services.sender.pacing import Pace, Turn
from services.sender.shared import SCRIPT, Ask, SharedWindow
from services.sender.window import SECOND, UNLIMITED, Verdict
from tests.conftest import REDIS
from tests.unit.sender.pacing_laws import START, Grant, grants

CLOCK = 'redis.call("TIME")'
TIMED_SCRIPT = SCRIPT.replace(CLOCK, "{ARGV[2], ARGV[3]}")
assert SCRIPT.count(CLOCK) == 1
PREFIX = f"test-pace-{os.getpid()}"
"""Of the keys of all examples; `forget` it at the end."""


@dataclass(slots=True)
class Time:
    """Microseconds: of Redis, and how far they are ahead of every sender's own clock."""

    now: int = START
    ahead: int = START - 1000 * SECOND

    def clock(self) -> float:
        return (self.now - self.ahead) / SECOND


class TimedWindow(SharedWindow):
    """As the product has it, but for where Redis takes its time from. A `Limiter`, too."""

    def __init__(self, client: "redis.Redis", prefix: str, time: Time, senders: int = 1) -> None:
        super().__init__(client, prefix, senders, time.clock)
        self._time = time
        self._timed = client.register_script(TIMED_SCRIPT)

    def _run(self, question: dict[str, Any]) -> list[Any]:
        seconds, micros = divmod(self._time.now, SECOND)
        given: list[bytes | int] = [orjson.dumps(question), seconds, micros]
        answer: list[Any] = self._timed(self._keys, given)
        return answer

    def allow(self, now: int, rate: float, quota: float = UNLIMITED) -> None:
        self._time.now = now
        self.together(Ask(allowed=(rate, quota)))

    def hold(self, now: int, micros: int) -> None:
        self._time.now = now
        self.together(Ask(hold=micros))

    def grant(self, now: int, costs: Sequence[int]) -> list[Verdict]:
        self._time.now = now
        return self.together(Ask(costs))

    def granted(self, costs: Sequence[int], *, redis_is_away: bool = False) -> list[Grant]:
        """What goes when, of what is asked for now."""
        verdicts = (self.alone if redis_is_away else self.together)(Ask(costs))
        return grants(self._time.now, costs, verdicts)


class Alone(TimedWindow):
    """The only sender there is, without a Redis."""

    def allow(self, now: int, rate: float, quota: float = UNLIMITED) -> None:
        self._time.now = now
        self.alone(Ask(allowed=(rate, quota)))

    def hold(self, now: int, micros: int) -> None:
        self._time.now = now
        self.alone(Ask(hold=micros))

    def grant(self, now: int, costs: Sequence[int]) -> list[Verdict]:
        self._time.now = now
        return self.alone(Ask(costs))


class Senders:
    """Of one installation, all allowed the same; `asked` is a step of time after the last."""

    def __init__(self, client: "redis.Redis", number: int, rate: float, quota: float = -1) -> None:
        self._client = client
        self.prefix = f"{PREFIX}-{secrets.token_hex(6)}"
        self.time = Time()
        self.windows = [TimedWindow(client, self.prefix, self.time) for _ in range(number)]
        self.granted: list[Grant] = []
        for _ in range(2):  # so that the first has heard of the last
            for window in self.windows:
                window.allow(START, rate, quota)

    def asked(self, sender: int, *costs: int, pause: int = 0, away: bool = False) -> list[Grant]:
        self.time.now += pause
        granted = self.windows[sender].granted(costs, redis_is_away=away)
        self.granted += granted
        return granted

    def forget(self) -> None:
        """Redis does. Time goes on a little, as no two memories begin at one time."""
        forget(self._client, self.prefix)
        self.time.now += 1

    def hear(self, phase: str = "together") -> None:
        """Of each other: what is granted a moment before Redis goes or forgets, the others of that
        moment do not know.
        """
        for sender in range(len(self.windows)):
            self.asked(sender, away=phase == "away")


def forget(client: "redis.Redis", prefix: str) -> None:
    """As FLUSHALL does, but for others' keys: the server is shared with other tests."""
    for key in client.scan_iter(f"{prefix}*"):
        client.delete(key)


class Clock:
    """Of a sender; stands still, so that the pauses after failures pass when a test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class MoodyRedis(redis.Redis):
    """Counts how often it was asked, is out of sight when told, and `silent` to some calls."""

    def __init__(self) -> None:
        self._there = redis.ConnectionPool.from_url(os.environ[REDIS])
        self.asked = 0
        self.silent = 0
        super().__init__(connection_pool=self._there)

    def execute_command(self, *args: Any, **options: Any) -> Any:
        self.asked += 1
        if self.silent:
            self.silent -= 1
            raise redis.TimeoutError("Timeout reading from socket")
        return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]

    def go_away(self) -> None:
        """Where it was, connections are refused."""
        self.connection_pool = redis.ConnectionPool(host="127.0.0.1", port=dead_port())

    def come_back(self) -> None:
        self.connection_pool = self._there

    def close(self) -> None:
        self._there.disconnect()


def dead_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port: int = server.getsockname()[1]
    return port


class Installation:
    """Makes senders' paces, of one prefix."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.settings = Settings(
            database_url="postgresql://nobody@127.0.0.1:1/none",
            redis_url=os.environ[REDIS],
            redis_prefix=f"test-{secrets.token_hex(6)}",
        )
        # More patient than `common.queue.connect`: a busy machine is no test of ours.
        self.redis = stack.enter_context(closing(redis.Redis.from_url(self.settings.redis_url)))
        self.key = f"{self.settings.redis_prefix}:pace:{{window}}"

    def pace(self, client: "redis.Redis | None" = None, **changes: Any) -> Pace:
        pace = Pace(client or self.redis, self.settings.redis_prefix, **changes)
        return self._stack.enter_context(closing(pace))

    def window(self) -> dict[str, Any]:
        """As it stands in Redis."""
        text = self.redis.get(self.key)
        assert isinstance(text, bytes)
        found: dict[str, Any] = orjson.loads(text)
        return found

    def forget(self) -> None:
        """As FLUSHALL does, but to nobody else: the server is shared with other tests."""
        self.redis.delete(self.key, f"{self.key}:senders")


def waits(turns: list[Turn]) -> list[float]:
    return [turn.wait_seconds for turn in turns if turn.wait_seconds is not None]
