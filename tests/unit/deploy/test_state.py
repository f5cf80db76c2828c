import subprocess
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from deploy.local.errors import CannotStartError
from deploy.local.state import (
    State,
    is_running,
    of_checkout,
    read_env,
    retire_env,
    running,
    write_env,
)

VALUES = {"DATABASE_URL": "postgresql://u:p@127.0.0.1:5432/d?a='b c'", "POSTROOM_API_KEY": "k"}


def test_local_env_is_for_its_owner_alone(tmp_path: Path) -> None:
    write_env(State(tmp_path), VALUES)

    assert (tmp_path / "local.env").stat().st_mode & 0o777 == 0o600


@given(st.dictionaries(st.from_regex(r"[A-Z_]+", fullmatch=True), st.text("ab'\"$ \\=#é")))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, str]
) -> None:
    state = State(tmp_path_factory.mktemp("state"))

    write_env(state, values)

    assert read_env(state.env_file) == values


def test_a_shell_reads_it_too(tmp_path: Path) -> None:
    state = State(tmp_path)
    write_env(state, VALUES)

    script = f'. {state.env_file}; printf %s "$DATABASE_URL"'
    seen = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True)  # noqa: S603

    assert seen.stdout == VALUES["DATABASE_URL"]


def test_while_a_run_starts_there_is_no_local_env_of_the_one_before(tmp_path: Path) -> None:
    state = State(tmp_path)
    write_env(state, VALUES)

    retire_env(state)

    assert not state.env_file.exists()
    assert read_env(state.last_env_file) == VALUES


def test_a_second_run_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    state = State(tmp_path / "new")

    with running(state):
        assert is_running(state)
        with pytest.raises(CannotStartError, match="is running"), running(state):
            pass

    assert not is_running(state)


def test_the_state_folder_can_be_chosen(tmp_path: Path) -> None:
    assert of_checkout({"POSTROOM_STATE_DIR": str(tmp_path)}).folder == tmp_path
    assert of_checkout({}).folder.name == ".postroom"
