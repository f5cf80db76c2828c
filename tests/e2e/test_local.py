"""The one command: what it says, what it leaves behind, and that it leaves nothing behind."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from common.settings import with_driver
from deploy.local import places
from deploy.local.ports import free
from deploy.local.state import ROOT
from tests.e2e.local import (
    MAKE,
    START_SECONDS,
    STOP_SECONDS,
    Local,
    output,
    ready,
    start,
    system,
)
from tests.processes import alive, descendants
from tests.tenants import rows
from tests.waiting import eventually

STEPS = [
    "servers up",
    "database migrated",
    "AWS double up",
    "started api, sender, status, inbound, webhooks",
    "accepted  msg_",
    "sent      SES id",
    "delivered",
    "verified  message.delivered evt_",
]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A state folder of its own, whose servers are its own as well."""
    folder = tmp_path / "state"
    yield folder
    if os.geteuid() == 0:
        shutil.rmtree(places.durable(folder).data)


def test_a_run_ends_without_a_trace_but_its_data_and_a_demo_goes_on_with_that(
    folder: Path,
) -> None:
    with system(folder) as local:
        family, first = descendants(local.pid), local.said()
    assert len(family) >= 8
    eventually(lambda: not alive(family), what="SIGTERM leaves nobody behind")
    second = demo(folder)

    assert [step for step in STEPS if step not in first] == []
    assert "key (new)" in first
    assert [step for step in STEPS if step not in second] == []
    assert "key (the last run's)" in second


def demo(folder: Path) -> str:
    with start("demo", folder, {"POSTROOM_PORT": str(free()[0])}) as process:
        code = process.wait(START_SECONDS)
    assert code == 0, output(folder)
    return output(folder)


def test_what_runs_is_told_to_its_owner_alone(local: Local) -> None:
    said = local.said()

    assert local.state.env_file.stat().st_mode & 0o777 == 0o600
    assert f"base URL      {local.url}" in said
    assert local.api_key in said
    assert sum(line.strip().startswith("curl ") for line in said.splitlines()) == 3


def test_the_printed_calls_work_as_they_are_printed(local: Local) -> None:
    calls = [line for line in local.said().splitlines() if line.strip().startswith("curl ")]

    send, search, get = calls

    assert json.loads(run_in_shell(send))["status"] == "queued"
    known = json.loads(run_in_shell(get))["id"]
    assert eventually(lambda: known in run_in_shell(search), what="it is found")


def run_in_shell(line: str) -> str:
    argv = ["/bin/sh", "-c", line]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout  # noqa: S603


def test_a_stop_during_the_start_leaves_nobody_behind(folder: Path) -> None:
    with start("run", folder, {"POSTROOM_PORT": str(free()[0])}) as process:
        eventually(lambda: "started api" in output(folder), START_SECONDS, "half started")
        family = descendants(process.pid)
        process.send_signal(signal.SIGINT)
        process.wait(STOP_SECONDS)

    eventually(lambda: not alive(family), what="nobody is left")


def test_a_killed_run_leaves_nobody_behind_for_long(
    shared_servers: dict[str, str], tmp_path: Path
) -> None:
    env = {**shared_servers, "POSTROOM_PORT": str(free()[0])}
    with start("run", tmp_path, env) as process:
        ready(process, tmp_path)
        family = descendants(process.pid)
        process.kill()

    eventually(lambda: not alive(family), STOP_SECONDS, "all children have ended")


def test_a_killed_make_leaves_nobody_behind_for_long(
    shared_servers: dict[str, str], tmp_path: Path
) -> None:
    """Its run looks for it wherever it waits; here, while it starts."""
    env = {**shared_servers, "POSTROOM_PORT": str(free()[0])}
    with start("run", tmp_path, env, MAKE) as process:
        eventually(lambda: "started api" in output(tmp_path), START_SECONDS, "half started")
        family = descendants(process.pid)
        process.kill()

    assert len(family) >= 7
    eventually(lambda: not alive(family), STOP_SECONDS, "all children have ended")


def test_a_worker_that_is_killed_comes_back(local: Local) -> None:
    (sender,) = find(local.pid, "services.sender")
    os.kill(sender, signal.SIGKILL)

    eventually(lambda: find(local.pid, "services.sender") - {sender}, 30, "a new sender")
    assert "sender died after" in local.said()


def find(supervisor: int, words: str) -> set[int]:
    argv = ["ps", "-A", "-o", "pid=,args="]
    lines = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()  # noqa: S603
    named = {int(line.split()[0]) for line in lines if words in line and "guard.py" not in line}
    return named & descendants(supervisor)


def test_a_second_run_in_the_same_folder_is_refused(local: Local) -> None:
    environment = {**os.environ, "POSTROOM_STATE_DIR": str(local.state.folder)}
    answer = make(["run"], environment)

    assert answer.returncode != 0
    assert "is running in" in answer.stdout


def test_a_port_that_was_asked_for_and_is_taken_is_an_error(
    local: Local, shared_servers: dict[str, str], tmp_path: Path
) -> None:
    port = local.url.rpartition(":")[2]
    with start("run", tmp_path, {**shared_servers, "POSTROOM_PORT": port}) as process:
        code = process.wait(START_SECONDS)

    assert code == 1
    assert f"POSTROOM_PORT={port} is taken" in output(tmp_path)


def test_org_prints_one_json_object_and_nothing_else(local: Local) -> None:
    """Its name is neither make's nor the shell's to read."""
    name = 'Ann\'s "new" $HOME & $(shell date) Sons'
    environment = {**os.environ, "POSTROOM_STATE_DIR": str(local.state.folder)}
    answer = make(["org", f"NAME={name}", "LIMIT=7"], environment)

    made = json.loads(answer.stdout)
    assert made.keys() == {"organizationId", "apiKey"}
    assert made["organizationId"] != local.organization_id
    engine = create_engine(with_driver(local.database_url))
    named = rows(engine, "SELECT name FROM organization")
    engine.dispose()
    assert {"name": name} in named


def test_org_without_a_system_says_what_to_do(tmp_path: Path) -> None:
    answer = make(["org", "NAME=acme"], {**os.environ, "POSTROOM_STATE_DIR": str(tmp_path)})

    assert answer.returncode != 0
    assert "start one with `make run`" in answer.stderr
    assert answer.stdout == ""


def make(arguments: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [*MAKE, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
