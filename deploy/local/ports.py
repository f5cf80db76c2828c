"""Ports on loopback."""

import os
import socket
import sys
from collections import deque
from contextlib import ExitStack, suppress
from random import SystemRandom
from typing import Final

LOOPBACK: Final = "127.0.0.1"
_LOWEST: Final = 15_000
_HIGHEST: Final = 32_000
_DICE: Final = SystemRandom()
# Files that are names of ports: those that this process was given lately nobody else is given.
_GIVEN: Final[deque[int]] = deque()
_MOST_GIVEN: Final = 256


def free(count: int = 1) -> list[int]:
    """Ports nobody has, and nobody else is given. All are held until the last is found, so that no
    two are the same.

    By chance, and below those that a kernel gives to clients and to whoever asks for any (32768 and
    up): between now and the moment when a server listens, seconds, no connection takes them.
    """
    found: list[int] = []
    with ExitStack() as stack:
        while len(found) < count:
            port = _DICE.randrange(_LOWEST, _HIGHEST)
            one = stack.enter_context(socket.socket())
            with suppress(OSError):
                one.bind((LOOPBACK, port))
                if name := _name(f"given-{port}"):
                    _GIVEN.append(name.detach())
                    found.append(port)
    while len(_GIVEN) > _MOST_GIVEN:
        os.close(_GIVEN.popleft())
    return found


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As a server does it: connections of a run that just ended linger in TIME_WAIT.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True
    except OSError:
        return False


def claim(port: int) -> socket.socket | None:
    """Keeps another checkout from choosing the same port in the seconds before ours listens."""
    return _name(str(port))


def _name(which: str) -> socket.socket | None:
    """A name in Linux's abstract socket namespace, None where another process has it: no file, gone
    with the process, visible to every user. Elsewhere it is nobody's, and the slower of two starts
    fails.
    """
    name = socket.socket(socket.AF_UNIX)
    try:
        if sys.platform == "linux":
            name.bind(f"\0postroom-port-{which}")
    except OSError:
        name.close()
        return None
    return name
