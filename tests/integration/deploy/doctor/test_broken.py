"""Each single thing that is broken is named, and nothing else is."""

import pytest

from deploy.doctor.findings import Finding
from tests.integration.deploy.doctor.broken import BREAKS
from tests.integration.deploy.doctor.conftest import Patient

OF_THE_TESTS = {"redis_persistence"}
"""Their Redis writes to no disk."""


def wrong(findings: list[Finding]) -> set[str]:
    return {one.code for one in findings if one.gravity in ("warning", "error")} - OF_THE_TESTS


def test_a_set_up_that_is_well_is_well(patient: Patient) -> None:
    findings = patient.examine()

    assert wrong(findings) == set()
    assert [one for one in findings if one.gravity == "skipped"] == []


@pytest.mark.parametrize("code", BREAKS)
def test_what_is_broken_is_named_and_nothing_else(patient: Patient, code: str) -> None:
    BREAKS[code](patient)

    findings = patient.examine()

    named = {one.code: one for one in findings}
    assert wrong(findings) == {code}
    assert named[code].mend
    hidden = {one.because for one in findings if one.gravity == "skipped"}
    assert hidden <= {code}
