"""The pace of a sender whose Redis is away, silent, forgetful or wrong: a share, and at once."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import pairwise
from typing import Any

import pytest
from prometheus_client import REGISTRY

from common.queue import connect
from services.sender.pacing import Turn
from services.sender.window import EASE
from tests.integration.sender.pacing_redis import Clock, Installation, MoodyRedis, waits


@pytest.fixture
def installation() -> Iterator[Installation]:
    with ExitStack() as stack:
        yield Installation(stack)


@pytest.fixture
def moody() -> Iterator[MoodyRedis]:
    with closing(MoodyRedis()) as moody:
        yield moody


def fallbacks() -> float:
    """Of all errors."""
    name = "postroom_pacing_fallbacks_total"
    families = REGISTRY.collect()
    return sum(one.value for family in families for one in family.samples if one.name == name)


def test_a_dead_redis_leaves_a_share_at_once(installation: Installation, moody: MoodyRedis) -> None:
    before = fallbacks()
    moody.go_away()
    alone = installation.pace(moody, processes=4, clock=Clock())

    alone.allow(8, None)
    turns = [alone.reserve([1])[0] for _ in range(8)]

    assert alone.share == 2
    assert waits(turns)[:3] == [
        0.0,
        pytest.approx(0.5 / EASE, abs=1e-3),
        pytest.approx(1 / EASE, 1e-3),
    ]
    assert turns[-1] == Turn(None, "rate")
    assert fallbacks() - before == 1


def test_a_redis_that_hangs_is_waited_for_only_once_in_a_while(installation: Installation) -> None:
    """Twice at first, as one silence may be a lost packet."""
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        client = connect(installation.settings.model_copy(update={"redis_url": url}))
        client.connection_pool.connection_kwargs["socket_timeout"] = 0.2
        clock, before = Clock(), fallbacks()
        alone = installation.pace(client, clock=clock)
        alone.allow(5000, None)

        turns = [alone.reserve([1])[0] for _ in range(50)]
        at_first = fallbacks() - before
        clock.now += 2.1
        turns += [alone.reserve([1])[0] for _ in range(50)]
        clock.now += 3.9
        turns += [alone.reserve([1])[0] for _ in range(50)]
        alone.close()
        client.close()

    assert len(waits(turns)) == 150
    assert (at_first, fallbacks() - before) == (1, 2)


def test_a_single_silence_is_asked_again(installation: Installation, moody: MoodyRedis) -> None:
    before = fallbacks()
    shared = installation.pace(moody)
    shared.allow(100, 10)

    moody.silent = 1
    turn = shared.reserve([1])[0]

    assert turn.reason == ""
    assert installation.window()["quota"] == 9
    assert fallbacks() == before


def test_what_went_without_redis_counts_when_it_is_back(
    installation: Installation, moody: MoodyRedis
) -> None:
    clock = Clock()
    sender = installation.pace(moody, clock=clock)
    sender.allow(100, 1000)

    moody.go_away()
    alone = [sender.reserve([10])[0] for _ in range(5)]
    moody.come_back()
    still_alone = sender.reserve([10])[0]
    untold = installation.window()["quota"]
    clock.now += 2.1
    together = sender.reserve([10])[0]

    assert len(waits([*alone, still_alone, together])) == 7
    assert (untold, installation.window()["quota"]) == (1000, 1000 - 70)


def test_what_ses_said_meanwhile_is_told_to_all_when_redis_is_back(
    installation: Installation, moody: MoodyRedis
) -> None:
    clock, other = Clock(), installation.pace()
    sender = installation.pace(moody, clock=clock)
    sender.allow(100, 1000)
    moody.go_away()

    sender.allow(50, 500)
    sender.hold_back(600)
    moody.come_back()
    clock.now += 2.1
    sender.reserve([1])[0]

    found = installation.window()
    assert (found["rate"], found["quota"]) == (50, 500)
    assert other.reserve([1])[0] == Turn(None, "rate")


def test_the_pauses_are_short_again_once_redis_was_back(
    installation: Installation, moody: MoodyRedis
) -> None:
    clock = Clock()
    sender = installation.pace(moody, clock=clock)
    sender.allow(5000, 1000)
    for _ in range(2):
        moody.go_away()
        sender.reserve([1])[0]
        moody.come_back()
        clock.now += 2.1
        sender.reserve([1])[0]

    assert installation.window()["quota"] == 1000 - 4


def test_redis_is_asked_again_after_longer_and_longer_pauses(
    installation: Installation, moody: MoodyRedis
) -> None:
    clock, before = Clock(), fallbacks()
    sender = installation.pace(moody, clock=clock)
    sender.allow(100, None)
    moody.go_away()
    asked, times = moody.asked, []

    for _ in range(300):
        clock.now += 0.1
        sender.reserve([1])[0]
        if fallbacks() > before:
            before = fallbacks()
            times.append(clock.now)

    pauses = [round(again - once) for once, again in pairwise(times)]
    assert pauses == [2, 4, 8, 8]
    assert moody.asked - asked == 2 + 4


def test_a_redis_that_refuses_is_one_that_is_away(installation: Installation) -> None:
    before = fallbacks()
    installation.redis.lpush(installation.key, "not a window")
    sender = installation.pace()

    sender.allow(100, None)

    assert sender.reserve([1])[0].reason == ""
    assert fallbacks() == before + 1


def test_a_redis_that_talks_nonsense_is_one_that_is_away(installation: Installation) -> None:
    before = fallbacks()
    with closing(MumblingRedis()) as mumbling:
        sender = installation.pace(mumbling)

        sender.allow(100, None)

        assert sender.reserve([1])[0].reason == ""
        assert fallbacks() == before + 1


class MumblingRedis(MoodyRedis):
    """Answers, but not what it was asked."""

    def execute_command(self, *_args: Any, **_options: Any) -> Any:
        return None


@pytest.mark.parametrize("rate", [float("nan"), float("inf"), -1.0, 0.0])
def test_a_strange_allowance_breaks_nothing(installation: Installation, rate: float) -> None:
    sender, before = installation.pace(), fallbacks()

    sender.allow(rate, float("inf"))

    assert sender.reserve([1])[0].reason == ("" if rate == float("inf") else "rate")
    assert fallbacks() == before
