import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from io import StringIO
from pathlib import Path

import pytest

from deploy.local.children import GUARD, Child, Floor, Program
from deploy.local.errors import GaveUpError, StepFailedError, TooLateError
from deploy.local.progress import Progress
from deploy.local.supervisor import Supervisor
from tests.processes import alive, descendants
from tests.waiting import eventually

FOREVER = "import time; time.sleep(600)"
DEAF = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    " print('deaf', flush=True); time.sleep(600)"
)
PARENT = (
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', sys.argv[1]]);"
    " print('up', flush=True); time.sleep(600)"
)
TELLING = (
    "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit())\n"
    "print('up', flush=True)\n"
    "try: time.sleep(600)\n"
    "finally: open('order', 'a').write(sys.argv[1])\n"
)
SUPERVISOR_LIKE = (
    "import os, subprocess, sys\n"
    "guard = [sys.executable, '-I', '-S', sys.argv[1], '15', str(os.getpid()), '-', '-']\n"
    "argv = [*guard, sys.executable, '-c', sys.argv[2]]\n"
    "child = subprocess.Popen(argv, start_new_session=True)\n"
    "print(child.pid, flush=True)\n"
    "child.wait()\n"
)


@pytest.fixture
def said() -> StringIO:
    return StringIO()


@pytest.fixture
def supervisor(said: StringIO) -> Iterator[Supervisor]:
    with Supervisor(Progress(said)) as supervisor:
        yield supervisor


def program(
    folder: Path, *script: str, name: str = "child", floor: Floor = Floor.SERVICE
) -> Program:
    argv = (sys.executable, "-c", *script)
    log = folder / f"{name}.log"
    return Program(name=name, argv=argv, log=log, cwd=folder, env=dict(os.environ), floor=floor)


def test_a_child_that_dies_is_started_again_and_it_is_said(
    supervisor: Supervisor, said: StringIO, tmp_path: Path
) -> None:
    child = supervisor.start(program(tmp_path, FOREVER))
    supervisor.keep(child)
    first = child.process.pid
    os.kill(first, signal.SIGKILL)

    supervisor.wait("restarted", lambda: child.process.pid != first)

    assert alive({child.process.pid})
    assert "child died after" in said.getvalue()


def test_a_child_that_dies_at_once_again_and_again_ends_the_run_with_its_last_words(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    script = "import sys; sys.exit('no database here')"
    supervisor.keep(supervisor.start(program(tmp_path, script)))

    with pytest.raises(GaveUpError, match=r"3 times in a row(.|\n)*no database here"):
        supervisor.stay()


def test_a_child_that_somebody_kills_again_and_again_is_always_started_again(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    child = supervisor.start(program(tmp_path, FOREVER))
    supervisor.keep(child)
    killed: set[int] = set()

    for _ in range(4):
        killed.add(child.process.pid)
        child.process.kill()
        supervisor.wait("restarted", lambda: child.process.pid not in killed)

    assert alive({child.process.pid})


def test_a_program_that_is_to_run_once_and_fails_is_told_with_its_words(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    with pytest.raises(StepFailedError, match=r"exit 3(.|\n)*half a migration"):
        supervisor.run(program(tmp_path, "print('half a migration'); raise SystemExit(3)"))


def test_what_does_not_come_is_told_with_its_deadline(supervisor: Supervisor) -> None:
    with pytest.raises(TooLateError, match="rain: not within 0 s"):
        supervisor.wait("rain", lambda: False, within=0.01)


def test_floors_are_stopped_from_the_highest_to_the_lowest(tmp_path: Path, said: StringIO) -> None:
    with Supervisor(Progress(said)) as supervisor:
        for floor in Floor:
            name = floor.name
            child = supervisor.start(program(tmp_path, TELLING, f"{name} ", name=name, floor=floor))
            supervisor.wait(name, partial(says, child, "up"))

    assert (tmp_path / "order").read_text() == "SERVICE AWS SERVER "


def says(child: Child, words: str) -> bool:
    return words in child.last_lines()


def test_a_deaf_child_is_killed(tmp_path: Path, said: StringIO) -> None:
    soon = dict.fromkeys(Floor, 0.2)
    with Supervisor(Progress(said), killed_after=soon) as supervisor:
        child = supervisor.start(program(tmp_path, DEAF))
        eventually(lambda: says(child, "deaf"), what="it ignores SIGTERM")

    assert not alive({child.process.pid})


def test_a_childs_own_children_do_not_outlive_it(tmp_path: Path, said: StringIO) -> None:
    with Supervisor(Progress(said)) as supervisor:
        child = supervisor.start(program(tmp_path, PARENT, FOREVER))
        eventually(lambda: says(child, "up"), what="it has a child")
        family = descendants(child.process.pid) | {child.process.pid}

    assert len(family) == 2
    eventually(lambda: not alive(family), what="the kernel has ended what was killed")


def test_the_log_of_the_last_run_is_kept_beside(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.run(program(tmp_path, "print('first')"))
    supervisor.run(program(tmp_path, "print('second')"))

    assert (tmp_path / "child.log").read_text() == "second\n"
    assert (tmp_path / "child.log.1").read_text() == "first\n"
    assert (tmp_path / "child.log").stat().st_mode & 0o777 == 0o600


if sys.platform == "linux":  # the kernel's signal at a parent's death is Linux's

    def test_no_child_outlives_a_supervisor_that_was_killed() -> None:
        argv = [sys.executable, "-c", SUPERVISOR_LIKE, str(GUARD), FOREVER]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as parent:  # noqa: S603
            assert parent.stdout
            child = int(parent.stdout.readline())
            eventually(lambda: is_command(child, FOREVER), what="the guard became the program")
            parent.kill()

        eventually(lambda: not alive({child}), what="the child has ended")


def is_command(pid: int, words: str) -> bool:
    command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return words in command and GUARD.name not in command
