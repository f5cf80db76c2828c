import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO

import pytest

from deploy.local import ports
from deploy.local.errors import CannotStartError
from deploy.local.progress import Progress
from deploy.local.supervisor import Supervisor
from deploy.local.system import choose_port


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    with Supervisor(Progress(StringIO())) as supervisor:
        yield supervisor


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server((ports.LOOPBACK, 0)) as server:
        yield int(server.getsockname()[1])


_OTHER = """
import sys
from deploy.local import ports

asked = iter(map(int, sys.argv[1:]))
ports._DICE.randrange = lambda *_: next(asked)
print(*ports.free())
"""


def test_a_port_that_one_process_was_given_no_other_is() -> None:
    mine, another = ports.free(2)
    (asked,) = ports.free()
    os.close(ports._GIVEN.pop())  # the last is given back, so that the other may have it

    argv = [sys.executable, "-c", _OTHER, *map(str, [mine, another, asked])]
    told = subprocess.run(argv, capture_output=True, text=True, check=True)  # noqa: S603 - our own

    assert int(told.stdout) == asked


def test_two_checkouts_that_start_at_the_same_time_get_two_ports(supervisor: Supervisor) -> None:
    with Supervisor(Progress(StringIO())) as other:
        assert choose_port(supervisor, {}) != choose_port(other, {})


def test_a_port_that_was_asked_for_is_the_one(supervisor: Supervisor) -> None:
    (port,) = ports.free()

    assert choose_port(supervisor, {"POSTROOM_PORT": str(port)}) == port


def test_a_port_that_was_asked_for_and_is_taken_is_an_error(
    supervisor: Supervisor, taken: int
) -> None:
    with pytest.raises(CannotStartError, match=f"POSTROOM_PORT={taken} is taken"):
        choose_port(supervisor, {"POSTROOM_PORT": str(taken)})


@pytest.mark.parametrize("word", ["http", "-1", "80 80", "65536"])
def test_what_is_no_port_is_said(supervisor: Supervisor, word: str) -> None:
    with pytest.raises(CannotStartError, match="is no port"):
        choose_port(supervisor, {"POSTROOM_PORT": word})


def test_zero_asks_for_any_free_port(supervisor: Supervisor) -> None:
    assert choose_port(supervisor, {"POSTROOM_PORT": "0"}) > 0
