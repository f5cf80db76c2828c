"""Each single thing that is broken is named, and nothing else is."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from common import db
from common.settings import Settings
from deploy.doctor import database
from deploy.doctor.asking import Ask, Json, Trouble, permission
from deploy.doctor.findings import Finding
from tests.integration.deploy.doctor.broken import BREAKS
from tests.integration.deploy.doctor.conftest import Patient

PAGE = Path(__file__).parents[4] / "docs" / "doctor.md"
OF_THE_PROBE = {"sqs:ReceiveMessage", "sqs:ChangeMessageVisibility"}
OF_THE_TESTS = {"redis_persistence"}
"""Their Redis writes to no disk."""


def wrong(findings: list[Finding]) -> set[str]:
    return {one.code for one in findings if one.gravity in ("warning", "error")} - OF_THE_TESTS


def test_a_set_up_that_is_well_is_well(patient: Patient) -> None:
    findings = patient.examine()

    assert wrong(findings) == set()
    assert [one for one in findings if one.gravity == "skipped"] == []


class Recorder(Ask):
    """Notes what it is asked."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.permissions: set[str] = set()

    def __call__(self, service: str, operation: str, **members: Any) -> Json | Trouble:
        self.permissions.add(permission(service, operation))
        return super().__call__(service, operation, **members)


def test_the_page_has_the_policy_of_what_is_asked(patient: Patient) -> None:
    patient.ask = recorder = Recorder(patient.settings)
    patient.examine()
    recorder.close()

    policy = json.loads(PAGE.read_text().rpartition("```json")[2].partition("```")[0])
    allowed = set(policy["Statement"][0]["Action"])
    assert recorder.permissions - {"sts:GetCallerIdentity"} == allowed - OF_THE_PROBE


@pytest.mark.parametrize("code", BREAKS)
def test_what_is_broken_is_named_and_nothing_else(patient: Patient, code: str) -> None:
    BREAKS[code](patient)

    findings = patient.examine()

    named = {one.code: one for one in findings}
    assert wrong(findings) == {code}
    assert named[code].mend
    hidden = {one.because for one in findings if one.gravity == "skipped"}
    assert hidden <= {code}


NOWHERE = "127.0.0.1:1"


@pytest.fixture
def nowhere(patient: Patient) -> Iterator[Patient]:
    """A system all of whose parts are away."""
    url = f"postgresql+psycopg://u:hidden@{NOWHERE}/d"
    patient.change(database_url=url, redis_url=f"redis://:hidden@{NOWHERE}/0")
    patient.change(aws_url=f"http://{NOWHERE}", feedback_queue_url=f"http://{NOWHERE}/1/q")
    patient.ask = Ask(patient.settings)
    patient.engine = db.make_engine(patient.settings, patience=database.PATIENCE)
    yield patient
    patient.ask.close()
    patient.engine.dispose()


def test_what_is_away_is_said_once_and_hides_the_rest(nowhere: Patient) -> None:
    findings = nowhere.examine()

    assert wrong(findings) == {"database", "redis", "credentials"}
    hidden = {one.because for one in findings if one.gravity == "skipped"}
    assert hidden == {"database", "redis", "credentials"}
    assert "hidden" not in repr([(one.says, one.mend) for one in findings])
