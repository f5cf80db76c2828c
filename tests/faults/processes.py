"""A process of the product as experiments treat it: started, killed, stopped in its tracks."""

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from urllib.request import urlopen

from deploy.local import ports
from deploy.local.children import Child, Program
from deploy.local.state import ROOT
from deploy.local.supervisor import Supervisor
from tests.nursery import IS_POSSIBLE, Fork, Nursery
from tests.waiting import eventually

_READY_SECONDS: Final = 45
_STOP_SECONDS: Final = 40

Environment = Mapping[str, str]
Settings = Mapping[str, object]


def variables(**settings: object) -> dict[str, str]:
    """Settings as the environment spells them."""
    return {f"POSTROOM_{name.upper()}": str(value) for name, value in settings.items()}


@dataclass(frozen=True, slots=True)
class Process:
    """`python -m MODULE`. `port`: it answers there once it is ready, with its metrics at least."""

    child: Child
    module: str
    port: int
    usual: Environment

    @property
    def pid(self) -> int:
        return self.child.process.pid

    @property
    def is_running(self) -> bool:
        return self.child.exit_code() is None

    def start(self, settings: Settings, launcher: tuple[str, ...] = ()) -> None:
        """Anew, whatever it was before, with these settings beside the usual ones. `launcher`: a
        module of ours, with its arguments, that changes something and then becomes this one.
        """
        argv = self._argv(launcher)
        env = {**self.usual, **variables(**settings)}
        self.child.program = replace(self.child.program, argv=argv, env=env)
        self.child.restart()

    def is_as_usual(self, launcher: tuple[str, ...] = ()) -> bool:
        program = self.child.program
        return program.env == self.usual and program.argv == self._argv(launcher)

    def _argv(self, launcher: tuple[str, ...]) -> tuple[str, ...]:
        return (sys.executable, "-m", *launcher, self.module)

    def wait_until_ready(self) -> None:
        def look() -> bool:
            assert self.is_running, self.child.last_lines(40)
            return ports.answers(self.port)

        eventually(look, _READY_SECONDS, f"{self.child.program.name} is ready")

    def kill(self) -> None:
        """SIGKILL, without a last word."""
        self.child.kill()

    def pause(self) -> None:
        """SIGSTOP: it knows nothing of the time that passes until `resume`."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def ask_to_stop(self) -> None:
        self.child.ask_to_stop()

    def exit_code(self) -> int:
        """Of one that was asked to stop, when it has."""
        return self.child.process.wait(_STOP_SECONDS)

    def metric(self, name: str) -> float:
        """The sum over all labels."""
        with urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        lines = [line for line in text.splitlines() if line.startswith((f"{name}{{", f"{name} "))]
        return sum(float(line.rpartition(" ")[2]) for line in lines)


class Nurseries:
    """One for each service, made when it is first started; none where there can be none."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._made: dict[str, Nursery] = {}

    def start(self, module: str, program: Program) -> Child:
        if not IS_POSSIBLE:
            return self._supervisor.start(program)
        if module not in self._made:
            self._made[module] = Nursery(f"{module}.__main__")
            self._supervisor.at_the_end(self._made[module].close)
        child = Fork(program, self._made[module])
        self._supervisor.children.append(child)
        return child


def process(
    nurseries: Nurseries, name: str, env: Environment, logs: Path, port: int | None = None
) -> Process:
    """Starting. `sender-2` is a second `services.sender`."""
    module = f"services.{name.partition('-')[0]}"
    at = port or ports.free()[0]
    usual = {**env, "POSTROOM_METRICS_PORT": str(0 if port else at)}
    program = Program(
        name=name,
        argv=(sys.executable, "-m", module),
        log=logs / f"{name}.log",
        cwd=ROOT,
        env=usual,
    )
    return Process(nurseries.start(module, program), module, at, usual)
