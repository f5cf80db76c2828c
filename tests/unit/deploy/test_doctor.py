"""Whose settings `make doctor` goes by."""

from pathlib import Path

import pytest

from deploy.local.doctor import environment
from deploy.local.errors import CannotStartError
from deploy.local.state import State, running, write_env

KNOWN = {
    "POSTROOM_URL": "http://127.0.0.1:8000",
    "POSTROOM_AWS_URL": "http://127.0.0.1:4566",
    "DATABASE_URL": "postgresql://local/local",
    "REDIS_URL": "redis://local",
}


@pytest.fixture
def state(tmp_path: Path) -> State:
    state = State(tmp_path)
    write_env(state, KNOWN)
    return state


def test_a_system_that_runs_here_is_meant(state: State) -> None:
    with running(state):
        found = environment(state, {"AWS_PROFILE": "mine"})
        same = environment(state, {"DATABASE_URL": KNOWN["DATABASE_URL"]})

    assert found["DATABASE_URL"] == KNOWN["DATABASE_URL"]
    assert found["POSTROOM_FEEDBACK_QUEUE_URL"].startswith("http://127.0.0.1:4566/")
    assert "AWS_PROFILE" not in found
    assert same["POSTROOM_AWS_URL"] == KNOWN["POSTROOM_AWS_URL"]


def test_another_database_means_another_system(state: State) -> None:
    other = {"DATABASE_URL": "postgresql://other/other", "AWS_PROFILE": "mine"}

    with running(state):
        assert environment(state, other) == other
    assert environment(state, other) == other


def test_a_system_that_has_stopped_is_not_asked(state: State) -> None:
    with pytest.raises(CannotStartError, match="make run"):
        environment(state, {})
