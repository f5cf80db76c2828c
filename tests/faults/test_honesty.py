"""The harness would catch us lying: on a product with one promise taken out, experiments fail."""

from dataclasses import replace

import pytest

from tests.faults import run
from tests.faults.experiments import sending
from tests.faults.experiments.catalogue import Experiment
from tests.faults.system import System

SIZE = replace(run.SHORT, quiet=5)


@pytest.mark.parametrize(
    ("which", "where", "experiment", "broken"),
    [
        ("record_before_ses", "sender-1", sending.dead_after_accept, {"LOST"}),
        ("claim_without_fencing", "sender-1", sending.sender_stopped, {"DOUBLE", "LOST"}),
        (
            "retries_of_a_call",
            "sender-1",
            sending.silent_ses,
            {"DOUBLE", "attempts of two calls"},
        ),
        ("ring_before_commit", "api", sending.rings_alone, {"LOST", "STUCK"}),
    ],
)
def test_a_break_is_caught(
    system: System, which: str, where: str, experiment: Experiment, broken: set[str]
) -> None:
    with system.launched_by(("tests.faults.broken", which), where):
        report = experiment(system, 1, SIZE)

    found = {what.partition(":")[0].partition("=")[0] for what in report.broken()}
    assert broken & found, report.line()
