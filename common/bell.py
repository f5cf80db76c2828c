"""A ring that is heard at once: Redis tells who listens (PUBLISH, https://redis.io/docs/latest/develop/pubsub/).

Dramatiq's consumer polls, so what it brings is late by up to its poll; its ring stays for who does
not listen at the moment, as what is published and not heard is gone.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

import redis

from common import logs

_LOOK_SECONDS: Final = 0.25
"""How soon a stop is seen."""
_PING_SECONDS: Final = 3.0
_SILENCE_SECONDS: Final = 10.0
"""A connection whose other end is gone without a word says nothing, not even to a ping."""
_PAUSE_SECONDS: Final = 1.0

log = logs.get(__name__)


class Listener:
    """Calls `heard`, from a thread of its own, for what is published on a channel. Survives
    whatever Redis does.
    """

    def __init__(self, client: "redis.Redis", channel: str, heard: Callable[[], None]) -> None:
        self._client = client
        self._channel = channel
        self._heard = heard
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bell", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Within a moment; nothing is heard after."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        is_away = False
        while not self._stopping.is_set():
            try:
                with self._client.pubsub() as subscription:  # type: ignore[no-untyped-call]
                    subscription.subscribe(self._channel)
                    is_away = False
                    self._listen(subscription)
            except (redis.RedisError, OSError) as error:
                if not is_away:
                    log.warning("bell.interrupted", error=type(error).__name__)
                is_away = True
                self._stopping.wait(_PAUSE_SECONDS)

    def _listen(self, subscription: "redis.client.PubSub") -> None:
        """Until the stop, or the end of the connection, which raises."""
        heard_at = pinged_at = time.monotonic()
        while not self._stopping.is_set():
            message = subscription.get_message(timeout=_LOOK_SECONDS)
            now = time.monotonic()
            if message is not None:
                heard_at = now
                if message["type"] == "message":
                    self._heard()
            elif now - heard_at > _SILENCE_SECONDS:
                raise redis.TimeoutError("silence")
            if now - pinged_at > _PING_SECONDS:
                subscription.ping()
                pinged_at = now
