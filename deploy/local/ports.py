"""Ports on loopback."""

import socket
import sys
from contextlib import ExitStack
from typing import Final

LOOPBACK: Final = "127.0.0.1"


def free(count: int = 1) -> list[int]:
    """Ports nobody has. All are held until the last is found, so that no two are the same."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return [int(one.getsockname()[1]) for one in sockets]


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
