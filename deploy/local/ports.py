"""Ports on loopback."""

import socket
import sys
from contextlib import ExitStack, suppress
from random import SystemRandom
from typing import Final

LOOPBACK: Final = "127.0.0.1"
_LOWEST: Final = 15_000
_HIGHEST: Final = 32_000
_DICE: Final = SystemRandom()


def free(count: int = 1) -> list[int]:
    """Ports nobody has. All are held until the last is found, so that no two are the same.

    By chance, and below those that a kernel gives to clients and to whoever asks for any (32768 and
    up): between now and the moment when a server listens, seconds, no connection takes them.
    """
    found: list[int] = []
    with ExitStack() as stack:
        while len(found) < count:
            one = stack.enter_context(socket.socket())
            with suppress(OSError):
                one.bind((LOOPBACK, _DICE.randrange(_LOWEST, _HIGHEST)))
                found.append(int(one.getsockname()[1]))
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
    """Keeps another checkout from choosing the same port in the seconds before ours listens.

    The claim is a name in Linux's abstract socket namespace: no file, gone with the process,
    visible to every user. Elsewhere it claims nothing, and the slower of two starts fails.
    """
    name = socket.socket(socket.AF_UNIX)
    try:
        if sys.platform == "linux":
            name.bind(f"\0postroom-port-{port}")
    except OSError:
        name.close()
        return None
    return name
