"""The doorbell on a real Redis: one ring while nobody has answered, and never in anybody's way."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import dramatiq
import pytest
import redis
from prometheus_client import REGISTRY

from common import queue
from common.queue import SENDER, WEBHOOKS, Doorbell, Ringer, actor_of, connect
from common.settings import Settings
from tests.waiting import eventually


@pytest.fixture
def doorbell(settings: Settings) -> Iterator[Doorbell]:
    doorbell = Doorbell(settings)
    yield doorbell
    doorbell.close()


@pytest.fixture
def client(settings: Settings) -> Iterator["redis.Redis"]:
    client = connect(settings)
    yield client
    client.close()


@pytest.fixture
def hearing(doorbell: Doorbell, client: "redis.Redis", settings: Settings) -> Iterator[list[str]]:
    """What the sender's room hears, once its door is open: each ring at once, and again by
    Dramatiq. It answers as the actors do. What is published before it subscribed is not heard.
    """
    heard: list[str] = []

    @dramatiq.actor(broker=doorbell.broker, queue_name=SENDER, actor_name=actor_of(SENDER))
    def wake() -> None:
        doorbell.answer(SENDER)
        heard.append(SENDER)

    listener = doorbell.open(SENDER)
    channel = f"{settings.redis_prefix}:bell:{SENDER}"
    eventually(lambda: client.pubsub_numsub(channel)[0][1], what="it subscribes")
    yield heard
    listener.stop()


def rings(client: "redis.Redis", settings: Settings, room: str) -> int:
    """How many wait at the door."""
    return int(client.llen(f"{settings.redis_prefix}:dramatiq:{room}"))


def counted(outcome: str) -> float:
    labels = {"room": SENDER, "outcome": outcome}
    return REGISTRY.get_sample_value("postroom_rings_total", labels) or 0


def test_rings_that_nobody_has_answered_are_one(
    doorbell: Doorbell,
    client: "redis.Redis",
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queue, "_UNANSWERED_MS", 60_000)  # fifty take a second on a busy machine
    with ThreadPoolExecutor(8) as pool:
        for _ in range(50):
            pool.submit(doorbell.ring, SENDER)

    assert rings(client, settings, SENDER) == 1


def test_after_an_answer_it_rings_again(
    doorbell: Doorbell, client: "redis.Redis", settings: Settings
) -> None:
    doorbell.ring(SENDER)
    doorbell.answer(SENDER)
    doorbell.ring(SENDER)

    assert rings(client, settings, SENDER) == 2


def test_a_ring_that_is_never_answered_stands_for_no_longer_than_a_tick(
    doorbell: Doorbell, client: "redis.Redis", settings: Settings
) -> None:
    doorbell.ring(SENDER)

    left = client.pttl(f"{settings.redis_prefix}:ring:{SENDER}")
    assert left in {-2, *range(1001)}, "-1 would be for ever, -2 is over by now"


def test_each_room_has_its_own_bell(
    doorbell: Doorbell, client: "redis.Redis", settings: Settings
) -> None:
    doorbell.ring(SENDER)
    doorbell.ring(WEBHOOKS)

    assert (rings(client, settings, SENDER), rings(client, settings, WEBHOOKS)) == (1, 1)


def test_installations_that_share_a_redis_do_not_hear_each_other(
    doorbell: Doorbell, client: "redis.Redis", settings: Settings
) -> None:
    doorbell.ring(SENDER)

    other = settings.model_copy(update={"redis_prefix": f"{settings.redis_prefix}-other"})
    assert rings(client, other, SENDER) == 0


def test_a_ring_is_heard_in_its_room(doorbell: Doorbell, hearing: list[str]) -> None:
    for _ in range(2):
        hearing.clear()
        doorbell.ring(SENDER)
        eventually(lambda: hearing)


def test_a_ring_wakes_a_room_whose_door_was_closed(
    doorbell: Doorbell, request: pytest.FixtureRequest
) -> None:
    doorbell.ring(SENDER)

    heard = request.getfixturevalue("hearing")
    eventually(lambda: heard)


def test_a_wiped_redis_is_rung_again(
    doorbell: Doorbell, hearing: list[str], client: "redis.Redis", settings: Settings
) -> None:
    doorbell.ring(SENDER)
    eventually(lambda: len(hearing) == 2, what="it is heard by both ways")
    for key in client.scan_iter(f"{settings.redis_prefix}:*"):
        client.delete(key)

    doorbell.ring(SENDER)

    eventually(lambda: len(hearing) == 4)


def test_a_dead_redis_neither_raises_nor_is_kept_secret(settings: Settings) -> None:
    failed = counted("failed")
    dead = Doorbell(settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"}))

    dead.ring(SENDER)
    dead.answer(SENDER)
    dead.close()

    assert counted("failed") == failed + 1


def test_a_redis_that_never_answers_is_waited_for_no_longer_than_a_moment(
    settings: Settings,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        doorbell = Doorbell(settings.model_copy(update={"redis_url": url}))
        ringing = threading.Thread(target=doorbell.ring, args=(SENDER,))
        ringing.start()

        eventually(lambda: not ringing.is_alive())
        doorbell.close()


def test_who_rings_in_passing_rings_before_the_end(
    doorbell: Doorbell,
    client: "redis.Redis",
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queue, "_UNANSWERED_MS", 60_000)
    monkeypatch.setattr(queue, "_LAST_RINGS_SECONDS", 60)
    ringer = Ringer(doorbell)

    for _ in range(10):
        ringer.ring(SENDER)
    ringer.ring(WEBHOOKS)
    ringer.close()

    assert rings(client, settings, SENDER) == rings(client, settings, WEBHOOKS) == 1


def test_who_rings_in_passing_does_not_wait_for_a_redis_that_never_answers(
    settings: Settings,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        doorbell = Doorbell(settings.model_copy(update={"redis_url": url}))
        ringer, failed = Ringer(doorbell), counted("failed")
        for _ in range(10):
            ringer.ring(SENDER)

        assert counted("failed") - failed < 10, "nobody has waited"
        ringer.close()
        doorbell.close()
