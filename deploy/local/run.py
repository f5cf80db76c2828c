"""`run` and `demo`: from the first step to the last child's end, and the exit code."""

import os

from deploy.local import words
from deploy.local.errors import GaveUpError, LocalError
from deploy.local.interruption import Interruption, Stop
from deploy.local.journey import Arrived
from deploy.local.progress import Progress
from deploy.local.state import State, running, write_env
from deploy.local.supervisor import Supervisor
from deploy.local.system import System, bring_up


def run(state: State) -> int:
    """Stays up until it is told to stop, even where the journey failed: to be looked into."""
    return _with_everything(state, stay=True)


def demo(state: State) -> int:
    """0 only if the journey was completed."""
    return _with_everything(state, stay=False)


def _with_everything(state: State, *, stay: bool) -> int:
    # A make that is killed takes nobody with it: without a look at it, its run would stay for ever.
    make = os.getppid() if "MAKELEVEL" in os.environ else None
    progress, interruption = Progress(), Interruption(make)
    try:
        interruption.listen()
        with running(state), Supervisor(progress, interruption) as supervisor:
            return _live(state, supervisor, stay=stay)
    except Stop:
        return 0 if stay else 1
    except LocalError as failure:
        progress.say(str(failure))
        return 1


def _live(state: State, supervisor: Supervisor, *, stay: bool) -> int:
    try:
        system = bring_up(state, supervisor)
        arrived = _journey(system, state)
        write_env(state, system.as_environment())
        if stay:
            supervisor.progress.show(words.welcome(system, arrived, state))
            supervisor.stay()
    except LocalError as failure:  # said now, and not after the seconds that stopping takes
        supervisor.progress.say(str(failure))
        return 1
    return 0 if arrived else 1


def _journey(system: System, state: State) -> Arrived | None:
    progress = system.supervisor.progress
    try:
        arrived = system.journey()
    except GaveUpError:
        raise
    except LocalError as failure:
        progress.show(words.last_lines(state))
        progress.say(f"the journey was not completed: {failure}")
        return None
    progress.say("the journey is complete")
    return arrived
