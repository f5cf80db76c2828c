"""What Redis keeps of the pace: who lives, what cannot be read, what a clock's jump does."""

import os
from collections.abc import Iterator

import orjson
import pytest
import redis

from services.sender.shared import LIVE_SECONDS, Ask
from services.sender.window import EASE, SECOND, UNLIMITED
from tests.conftest import REDIS
from tests.integration.sender.pacing_redis import PREFIX, Senders, TimedWindow, forget
from tests.unit.sender.pacing_laws import START


@pytest.fixture(scope="module")
def client() -> Iterator["redis.Redis"]:
    client = redis.Redis.from_url(os.environ[REDIS])
    yield client
    forget(client, PREFIX)
    client.close()


def test_a_sender_counts_until_it_leaves(client: "redis.Redis") -> None:
    senders = Senders(client, 3, 100)
    counted = senders.windows[0].senders

    senders.windows[2].leave()
    senders.asked(0)

    assert (counted, senders.windows[0].senders) == (3, 2)


def test_a_sender_that_is_not_heard_counts_for_a_while(client: "redis.Redis") -> None:
    senders = Senders(client, 2, 100)

    senders.asked(0, pause=LIVE_SECONDS * SECOND - SECOND)
    still = senders.windows[0].senders
    senders.asked(0, pause=2 * SECOND)

    assert (still, senders.windows[0].senders) == (2, 1)


def test_the_number_of_senders_survives_what_redis_forgets(client: "redis.Redis") -> None:
    senders = Senders(client, 3, 100)

    senders.forget()
    senders.asked(0)
    at_once = senders.windows[0].senders
    senders.asked(0, pause=(LIVE_SECONDS + 1) * SECOND)

    assert (at_once, senders.windows[0].senders) == (3, 1)


def test_redis_knows_better_than_the_settings_how_many_senders_there_are(
    client: "redis.Redis",
) -> None:
    senders = Senders(client, 2, 100)

    new = TimedWindow(client, senders.prefix, senders.time, senders=7)
    new.together(Ask([1]))

    assert new.senders == 3


def test_a_clock_of_redis_that_is_set_back_stops_nobody(client: "redis.Redis") -> None:
    senders = Senders(client, 2, 10)
    before = senders.asked(0, *[1] * 5)

    senders.time.now -= 3600 * SECOND
    senders.time.ahead -= 3600 * SECOND
    (after,) = senders.asked(0, 1)

    assert after.at + 3600 * SECOND == pytest.approx(before[-1].at + SECOND / (EASE * 10), abs=1)


@pytest.mark.parametrize("junk", ["", "nonsense", "[]", "1", '{"epoch": null}'])
def test_a_window_that_cannot_be_read_is_one_that_was_lost(
    client: "redis.Redis", junk: str
) -> None:
    senders = Senders(client, 1, 100)
    senders.asked(0, 50)

    client.set(f"{senders.prefix}:pace:{{window}}", junk)
    (after,) = senders.asked(0, 1)

    assert after.at - START == pytest.approx(50 / (EASE * 100) * SECOND, abs=1)


def test_what_redis_keeps_goes_away_by_itself(client: "redis.Redis") -> None:
    senders = Senders(client, 1, 100)

    keys = list(client.scan_iter(f"{senders.prefix}*"))

    assert len(keys) == 2
    assert all(0 < client.ttl(key) <= 86400 for key in keys)
    assert orjson.loads(client.get(f"{senders.prefix}:pace:{{window}}") or b"")["rate"] == 100


def test_a_new_sender_learns_the_rate_from_the_others(client: "redis.Redis") -> None:
    senders = Senders(client, 1, 100)

    new = TimedWindow(client, senders.prefix, senders.time)

    assert new.together(Ask([1])) == [0]
    assert (new.rate, new._believed.quota) == (100, UNLIMITED)
