"""The doorbells. Postgres remembers, Redis rings.

A Dramatiq message carries no state: it says "there is work in this room". Losing every one of
them costs a second, since each worker also looks by itself once a tick. So ringing is allowed to
fail, may not take long, and is left out while an earlier ring is still unanswered. Who listens is
told at once (`common.bell`); Dramatiq's consumer only asks now and then.
"""

import threading
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Final

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import Middleware
from prometheus_client import Counter
from redis.backoff import NoBackoff
from redis.retry import Retry

from common import logs
from common.bell import Listener
from common.settings import Settings

SENDER: Final = "sender"
WEBHOOKS: Final = "webhooks"
ROOMS: Final = (SENDER, WEBHOOKS)

# How long a ring stands for the ones after it. A worker takes the mark away when it answers; this
# is for the worker that never does.
_UNANSWERED_MS: Final = 1000
_LAST_RINGS_SECONDS: Final = 2.0
_POLL_MS: Final = 500
"""Of Dramatiq's consumer, for what was not heard at once. At 20 each idle worker took 8 % of a core
for nothing.
"""

# One ring is for all until it is answered; who listens is told at once.
_RING: Final = """
if not redis.call('SET', KEYS[1], 1, 'NX', 'PX', ARGV[1]) then return 0 end
redis.call('PUBLISH', ARGV[2], '')
return 1
"""

RINGS = Counter("postroom_rings_total", "Doorbells", ["room", "outcome"])  # rung|answered|failed

log = logs.get(__name__)


def connect(settings: Settings, timeout_seconds: float = 1.0) -> "redis.Redis":
    """A client that fails soon and never tries again by itself: redis-py 8 tries ten times, and
    an enqueue that is tried again is rung twice (facts.md, fact 5).
    """
    return redis.Redis.from_url(
        settings.redis_url,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        retry=Retry(NoBackoff(), 0),
    )


class Doorbell:
    """Rings rooms, and answers at the door of one. Safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        self._redis = connect(settings)
        self._ring = self._redis.register_script(_RING)
        self._prefix = settings.redis_prefix
        self.broker = RedisBroker(  # type: ignore[no-untyped-call]
            client=self._redis, namespace=f"{self._prefix}:dramatiq", middleware=_middleware()
        )

    def ring(self, room: str) -> None:
        """Say that there is work. Never raises: the work is in Postgres already."""
        try:
            if self._ring([self._mark(room)], [_UNANSWERED_MS, self._channel(room)]):
                self.broker.declare_queue(room)
                self.broker.enqueue(_ring_of(room))
                RINGS.labels(room, "rung").inc()
        # ValueError: `close` took the connection away from a ring that still waited for Redis.
        except (redis.RedisError, dramatiq.errors.DramatiqError, OSError, ValueError) as error:
            RINGS.labels(room, "failed").inc()
            log.warning("ring.failed", room=room, error=type(error).__name__)

    def answer(self, room: str) -> None:
        """Before looking: what is rung for from now on needs a ring of its own."""
        try:
            self._redis.delete(self._mark(room))
            RINGS.labels(room, "answered").inc()
        except redis.RedisError as error:
            log.warning("ring.unanswered", room=room, error=type(error).__name__)

    def _mark(self, room: str) -> str:
        return f"{self._prefix}:ring:{room}"

    def _channel(self, room: str) -> str:
        return f"{self._prefix}:bell:{room}"

    def open(self, room: str) -> "Door":
        """Start to listen at the room's door; its actor must be declared on `broker` before."""
        # By default the poll backs off to 1 s, no sooner than the tick.
        worker = dramatiq.Worker(
            self.broker, queues={room}, worker_threads=1, worker_timeout=_POLL_MS
        )
        worker.start()
        actor = self.broker.get_actor(actor_of(room))
        return Door(worker, Listener(self._redis, self._channel(room), actor.fn))

    def close(self) -> None:
        """Let go of the connections."""
        self.broker.close()
        self._redis.close()


@dataclass(frozen=True, slots=True)
class Door:
    """Both ways by which a room hears its bell."""

    worker: dramatiq.Worker
    listener: Listener

    def stop(self) -> None:
        """Nothing is heard after."""
        self.listener.stop()
        self.worker.stop()


class Ringer:
    """Rings from a thread of its own: who rings has just recorded what SES said, and all others
    wait behind it, while Redis may take a second to not answer.
    """

    def __init__(self, doorbell: Doorbell) -> None:
        self._doorbell = doorbell
        self._wanted: SimpleQueue[str | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="ringer", daemon=True)
        self._thread.start()

    def ring(self, room: str) -> None:
        """Returns at once, never raises."""
        self._wanted.put(room)

    def close(self) -> None:
        """After the last ring, and before the doorbell's own end."""
        self._wanted.put(None)
        self._thread.join(_LAST_RINGS_SECONDS)

    def _run(self) -> None:
        while (room := self._wanted.get()) is not None:
            # Those that came meanwhile are for work that is committed: one ring is for all of them.
            rooms = {room}
            while not self._wanted.empty():
                following = self._wanted.get()
                if following is None:
                    self._wanted.put(None)
                    break
                rooms.add(following)
            for one in rooms:
                self._doorbell.ring(one)


def actor_of(room: str) -> str:
    """The name of the actor that answers in a room."""
    return f"wake_{room}"


def _ring_of(room: str) -> "dramatiq.Message[None]":
    return dramatiq.Message(
        queue_name=room, actor_name=actor_of(room), args=(), kwargs={}, options={}
    )


def _middleware() -> list[Middleware]:
    """Nothing that retries, delays or keeps results: a ring that fails is one tick late."""
    return [dramatiq.middleware.ShutdownNotifications(), dramatiq.middleware.TimeLimit()]
