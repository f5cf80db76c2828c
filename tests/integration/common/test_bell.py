"""The bell that is heard at once, on a real Redis and over connections that fail."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

import pytest
import redis

from common import bell
from common.bell import Listener
from common.queue import connect
from common.settings import Settings
from tests.faults.proxy import Proxy, proxies
from tests.waiting import eventually


@dataclass(slots=True)
class Heard:
    """How often, and by which threads."""

    count: int = 0
    threads: set[str] = field(default_factory=set)

    def __call__(self) -> None:
        self.count += 1
        self.threads.add(threading.current_thread().name)


@pytest.fixture
def client(settings: Settings) -> Iterator["redis.Redis"]:
    client = connect(settings)
    yield client
    client.close()


@pytest.fixture
def proxy(settings: Settings) -> Iterator[Proxy]:
    """Between a listener and Redis."""
    with proxies(redis=urlsplit(settings.redis_url).port or 6379) as found:
        yield found["redis"]


@contextmanager
def listening(settings: Settings, proxy: Proxy | None = None) -> Iterator[Heard]:
    if proxy is not None:
        parts = urlsplit(settings.redis_url)
        netloc = parts.netloc.replace(f":{parts.port}", f":{proxy.port}")
        url = urlunsplit(parts._replace(netloc=netloc))
        settings = settings.model_copy(update={"redis_url": url})
    client, heard = connect(settings), Heard()
    listener = Listener(client, settings.redis_prefix, heard)
    try:
        yield heard
    finally:
        listener.stop()
        client.close()


def listeners(client: "redis.Redis", settings: Settings) -> int:
    [(_, count)] = client.pubsub_numsub(settings.redis_prefix)
    return int(count)


def test_all_who_listen_hear_it_in_a_thread_of_their_own(
    client: "redis.Redis", settings: Settings
) -> None:
    with listening(settings) as one, listening(settings) as other:
        eventually(lambda: listeners(client, settings) == 2)
        client.publish(settings.redis_prefix, b"")
        eventually(lambda: (one.count, other.count) == (1, 1))

    assert one.threads == other.threads == {"bell"}
    assert listeners(client, settings) == 0, "after the stop nobody listens"


@pytest.mark.parametrize("lost", ["reset", "silence"])
def test_a_lost_connection_is_made_anew(
    client: "redis.Redis",
    settings: Settings,
    proxy: Proxy,
    monkeypatch: pytest.MonkeyPatch,
    lost: str,
) -> None:
    for name in ("_PING_SECONDS", "_SILENCE_SECONDS", "_PAUSE_SECONDS"):
        monkeypatch.setattr(bell, name, 0.3)
    with listening(settings, proxy) as heard:
        eventually(lambda: listeners(client, settings) == 1)
        if lost == "reset":
            proxy.reset()
        else:
            proxy.trouble(swallow=1.0)  # and nothing after it, on this connection
            client.publish(settings.redis_prefix, b"")
            eventually(lambda: proxy.swallowed)
            proxy.trouble()

        def is_heard() -> bool:
            client.publish(settings.redis_prefix, b"")
            return heard.count > 0

        eventually(is_heard)


def test_a_redis_that_is_away_neither_raises_nor_holds_the_stop(settings: Settings) -> None:
    away = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    with listening(away) as heard:
        pass

    assert heard.count == 0
