from collections import Counter
from typing import Any

import pytest
from pydantic import ValidationError

from deploy.local.aws.ses.faults import Fate, FaultPlan, Faults


def plan(**faults: Any) -> FaultPlan:
    made = FaultPlan()
    made.set(Faults.model_validate(faults))
    return made


def test_without_faults_every_call_is_accepted() -> None:
    assert {plan().draw() for _ in range(100)} == {Fate.ACCEPTED}


@pytest.mark.parametrize("fate", [fate for fate in Fate if fate is not Fate.ACCEPTED])
def test_a_share_of_one_is_every_call(fate: Fate) -> None:
    certain = FaultPlan()
    certain.set(Faults.model_validate({_wire_name(fate): 1}))

    assert {certain.draw() for _ in range(100)} == {fate}


def _wire_name(fate: Fate) -> str:
    return "dailyQuota" if fate is Fate.DAILY_QUOTA else fate.value


def test_shares_are_kept_to_among_many_calls() -> None:
    dice = plan(hung=0.25, reset=0.25, seed=1)

    drawn = Counter(dice.draw() for _ in range(4_000))

    assert drawn[Fate.HUNG] == pytest.approx(1_000, rel=0.1)
    assert drawn[Fate.RESET] == pytest.approx(1_000, rel=0.1)
    assert drawn[Fate.ACCEPTED] == pytest.approx(2_000, rel=0.1)


def test_the_same_seed_brings_the_same_fates() -> None:
    one, other = (plan(refused=0.5, seed=42) for _ in range(2))

    assert [one.draw() for _ in range(50)] == [other.draw() for _ in range(50)]


@pytest.mark.parametrize(
    "faults",
    [
        {"throttled": 1.1},
        {"throttled": -0.1},
        {"throttled": True},
        {"throttled": "1"},
        {"throttled": 0.6, "hung": 0.6},
        {"latencyMs": -1},
        {"latency_ms": 1},
        {"feedbackDuplicates": 101},
        {"unheardOf": 1},
    ],
)
def test_what_is_out_of_range_or_unknown_is_refused(faults: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Faults.model_validate(faults)
