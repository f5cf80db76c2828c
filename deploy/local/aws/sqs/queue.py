"""A standard SQS queue in memory: messages, the time they are hidden for, and the dead letters.

Every step is independent of how much waits: `ready` is a line, `hidden` a heap by the time at which
each message shows again. Who changes a message leaves its old place in line or heap behind, and
the place is passed over when its turn comes.
"""

import asyncio
import heapq
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import md5
from itertools import count
from typing import Any
from uuid import uuid4

READY = 0.0
FOUR_DAYS = 345_600  # in seconds; said, and not held to: no double lives as long


@dataclass(slots=True, eq=False)
class Message:
    body: str
    attributes: Mapping[str, Any]
    id: str = field(default_factory=lambda: str(uuid4()))
    sent_at: float = field(default_factory=time.time)
    first_received_at: float | None = None
    receives: int = 0
    shows_at: float = READY  # on the queue's clock
    delayed: bool = False  # hidden since it was sent, not since it was received

    @property
    def handle(self) -> str:
        """Of the latest receive; an older one is out of date, as SQS warns it may be."""
        return f"{self.id}.{self.receives}"

    @property
    def md5(self) -> str:
        return md5(self.body.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Redrive:
    target: "Queue"
    max_receives: int


class Queue:
    def __init__(self, name: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self.attributes: dict[str, str] = {
            "VisibilityTimeout": "30",
            "MessageRetentionPeriod": str(FOUR_DAYS),
        }
        self.redrive: Redrive | None = None
        self.arrival = asyncio.Event()
        self.clock = clock
        self._messages: dict[str, Message] = {}
        self._ready: deque[Message] = deque()
        # Ids, not messages: what was deleted must not stay until it would have shown again.
        self._hidden: list[tuple[float, int, str]] = []
        self._order = count()

    def put(
        self, body: str, attributes: Mapping[str, Any] | None = None, delay: float = 0
    ) -> Message:
        message = Message(body, attributes or {}, delayed=delay > 0)
        self.add(message, delay)
        return message

    def add(self, message: Message, delay: float = 0) -> None:
        self._messages[message.id] = message
        self._show_after(message, delay)

    def take(self, limit: int, visibility: float) -> list[Message]:
        """Up to `limit` messages, each hidden for `visibility` seconds from now on."""
        self._surface()
        taken: list[Message] = []
        while self._ready and len(taken) < limit:
            message = self._ready.popleft()
            if self._is_ready(message) and not self._buried(message):
                message.receives += 1
                message.first_received_at = message.first_received_at or time.time()
                self._show_after(message, visibility)
                taken.append(message)
        return taken

    def delete(self, handle: str) -> None:
        if message := self.received(handle):
            del self._messages[message.id]

    def received(self, handle: str) -> Message | None:
        """The message of this handle, unless it is gone or was received again since."""
        message = self._messages.get(handle.partition(".")[0])
        return message if message is not None and message.handle == handle else None

    def hide(self, message: Message, seconds: float) -> None:
        self._show_after(message, seconds)

    def purge(self) -> None:
        self._messages.clear()

    def next_change(self) -> float | None:
        """When the next hidden message shows, on the queue's clock."""
        return self._hidden[0][0] if self._hidden else None

    def counts(self) -> tuple[int, int, int]:
        """Messages that are visible, in flight, and delayed."""
        self._surface()
        hidden = [m for m in self._messages.values() if m.shows_at != READY]
        delayed = sum(m.delayed for m in hidden)
        return len(self._messages) - len(hidden), len(hidden) - delayed, delayed

    def _show_after(self, message: Message, seconds: float) -> None:
        if seconds > 0:
            message.shows_at = self.clock() + seconds
            heapq.heappush(self._hidden, (message.shows_at, next(self._order), message.id))
        else:
            message.shows_at = READY
            self._ready.append(message)
        self.arrival.set()

    def _surface(self) -> None:
        for message in self._due():
            message.shows_at, message.delayed = READY, False
            self._ready.append(message)

    def _due(self) -> Iterator[Message]:
        now = self.clock()
        while self._hidden and self._hidden[0][0] <= now:
            shows_at, _, message_id = heapq.heappop(self._hidden)
            message = self._messages.get(message_id)
            if message is not None and message.shows_at == shows_at:
                yield message

    def _is_ready(self, message: Message) -> bool:
        return message.shows_at == READY and self._messages.get(message.id) is message

    def _buried(self, message: Message) -> bool:
        """Moves what was received too often to the dead letters."""
        if self.redrive is None or message.receives < self.redrive.max_receives:
            return False
        del self._messages[message.id]
        self.redrive.target.add(message)
        return True
