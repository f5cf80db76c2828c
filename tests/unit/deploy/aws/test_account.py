from typing import Any

import pytest

from deploy.local.aws.errors import AwsError
from deploy.local.aws.ses.account import Account, Allowance


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def allowance(**account: Any) -> tuple[Allowance, Clock]:
    clock = Clock()
    made = Allowance(clock)
    made.set(Account.model_validate(account))
    return made, clock


def refusal(made: Allowance, recipients: int = 1) -> str:
    with pytest.raises(AwsError) as refused:
        made.charge(recipients)
    return refused.value.code


def test_a_sender_that_keeps_the_rate_over_two_seconds_is_never_throttled() -> None:
    made, clock = allowance(maxSendRate=10)

    for _ in range(5):
        for _ in range(20):
            made.charge(1)
        clock.now += 2

    assert made.sent == 100


def test_a_sender_above_the_rate_is_throttled_and_not_charged() -> None:
    made, _ = allowance(maxSendRate=10)
    for _ in range(20):
        made.charge(1)

    assert refusal(made) == "TooManyRequestsException"
    assert made.sent == 20


def test_a_mail_to_many_passes_and_the_next_ones_wait_for_it() -> None:
    made, clock = allowance(maxSendRate=1)
    made.charge(5)

    clock.now = 2.9
    assert refusal(made) == "TooManyRequestsException"
    clock.now = 3.1
    made.charge(1)


def test_the_daily_quota_counts_recipients_and_is_never_passed() -> None:
    made, _ = allowance(max24HourSend=10, sentLast24Hours=6)
    made.charge(3)

    assert refusal(made, recipients=2) == "LimitExceededException"
    made.charge(1)
    assert made.sent == 10


def test_minus_one_is_no_quota() -> None:
    made, _ = allowance(max24HourSend=-1, sentLast24Hours=10**9)

    made.charge(1)


@pytest.mark.parametrize(
    ("account", "code"),
    [
        ({"sendingEnabled": False}, "SendingPausedException"),
        ({"enforcementStatus": "SHUTDOWN"}, "AccountSuspendedException"),
    ],
)
def test_an_account_that_may_not_send_says_so(account: dict[str, Any], code: str) -> None:
    made, _ = allowance(**account)

    with pytest.raises(AwsError) as refused:
        made.check_open()

    assert refused.value.code == code
