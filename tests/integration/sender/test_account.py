"""The account as the double of AWS shows it, and when this sender stands still."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY

from common import aws
from common.settings import Settings
from services.sender.account import LOOK_SECONDS, Account
from tests.hand_clock import Time

GAUGES = ("max_send_rate", "quota_max", "quota_used", "quota_left")


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def told() -> list[tuple[float, float | None]]:
    """What the pace was told."""
    return []


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")


@pytest.fixture
def there(settings: Settings, aws_url: str) -> Settings:
    return settings.model_copy(update={"aws_url": aws_url})


@pytest.fixture
def account(there: Settings, time: Time, told: list[tuple[float, float | None]]) -> Account:
    client = aws.client(there, "sesv2")
    return Account(client, lambda *quota: told.append(quota), clock=time)


@pytest.fixture
def set_account(aws_url: str) -> Iterator[Callable[..., None]]:
    def change(**account: Any) -> None:
        httpx.post(f"{aws_url}/account", json=account, timeout=10).raise_for_status()

    yield change
    change()


def paused(reason: str) -> float | None:
    return REGISTRY.get_sample_value("postroom_sending_paused", {"reason": reason})


def test_nothing_is_sent_before_the_first_look(account: Account) -> None:
    before = account.room()
    account.look_if_due()

    assert (before, account.room()) == (0, math.inf)


def test_the_pace_is_told_the_rate_and_what_is_left(
    account: Account, told: list[object], set_account: Callable[..., None]
) -> None:
    set_account(maxSendRate=14.0, max24HourSend=200.0, sentLast24Hours=50.0)

    account.look_if_due()

    assert told == [(14.0, 150.0)]
    shown = {name: REGISTRY.get_sample_value(f"postroom_ses_{name}") for name in GAUGES}
    assert shown == {"max_send_rate": 14, "quota_max": 200, "quota_used": 50, "quota_left": 150}


def test_without_a_quota_there_is_no_end(
    account: Account, told: list[object], set_account: Callable[..., None]
) -> None:
    set_account(max24HourSend=-1.0, maxSendRate=14.0)

    account.look_if_due()

    assert told == [(14.0, None)]


def test_an_installation_may_ask_for_less(
    there: Settings, told: list[tuple[float, float | None]]
) -> None:
    client = aws.client(there, "sesv2")

    Account(client, lambda *quota: told.append(quota), most=2.0).look_if_due()

    assert told[0][0] == 2.0


def test_an_account_that_cannot_be_seen_sends_at_the_sandboxs_rate(
    settings: Settings, told: list[object]
) -> None:
    nowhere = settings.model_copy(update={"aws_url": "http://127.0.0.1:1"})
    unseen = Account(aws.client(nowhere, "sesv2"), lambda *quota: told.append(quota))

    unseen.look_if_due()

    assert told == [(1.0, None)]
    assert unseen.room() == math.inf


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ({"sendingEnabled": False}, "paused"),
        ({"enforcementStatus": "SHUTDOWN"}, "suspended"),
        ({"max24HourSend": 10.0, "sentLast24Hours": 10.0}, "quota"),
    ],
)
def test_it_stands_still_until_getaccount_sees_no_obstacle(
    account: Account,
    time: Time,
    set_account: Callable[..., None],
    trouble: dict[str, Any],
    reason: str,
) -> None:
    set_account(**trouble)
    account.look_if_due()
    assert (account.room(), paused(reason)) == (0, 1.0)

    for _ in range(5):
        time.now += LOOK_SECONDS
        account.look_if_due()
        assert account.room() == 0

    set_account()
    time.now += 2 * LOOK_SECONDS
    account.look_if_due()
    assert account.room() == 1
    account.went_well()
    assert (account.room(), paused(reason)) == (math.inf, 0.0)


def test_one_message_probes_what_getaccount_does_not_know(account: Account, time: Time) -> None:
    account.look_if_due()
    account.halt("paused")
    assert account.room() == 0

    time.now += 10
    account.look_if_due()
    assert [account.room() for _ in range(3)] == [1, 0, 0]

    account.halt("paused")
    time.now += 6
    account.look_if_due()
    assert account.room() == 0  # each probe that fails doubles the pause
    time.now += 10
    assert account.room() == 1
    account.went_well()
    assert account.room() == math.inf


def test_those_under_way_prolong_nothing(account: Account, time: Time) -> None:
    account.look_if_due()
    for _ in range(32):
        account.halt("unreachable")

    time.now += 1
    account.look_if_due()
    assert account.room() == 1


def test_a_probe_that_nobody_hears_of_is_not_the_last(account: Account, time: Time) -> None:
    account.look_if_due()
    account.halt("quota")
    time.now += 30
    account.look_if_due()
    assert account.room() == 1

    time.now += 61
    assert account.room() == 1


def test_without_any_answer_that_proves_something_it_stops(account: Account) -> None:
    account.look_if_due()
    for _ in range(9):
        account.gave_no_answer()
    account.went_well()
    for _ in range(9):
        account.gave_no_answer()
    assert account.room() == math.inf

    account.gave_no_answer()

    assert (account.room(), paused("failing")) == (0, 1.0)
