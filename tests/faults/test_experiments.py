"""The short form of every experiment: tens of messages, seconds; `make faults` is the long one."""

import pytest

from tests.faults import run
from tests.faults.experiments.catalogue import ALL, TOO_LONG, Experiment
from tests.faults.system import System

SEED = 1


SHORT = [name for name in ALL if name not in TOO_LONG]


@pytest.mark.parametrize("experiment", [ALL[name] for name in SHORT], ids=SHORT)
def test_no_promise_is_broken(system: System, experiment: Experiment) -> None:
    report = experiment(system, SEED, run.SHORT)

    assert report.broken() == [], report.line()
