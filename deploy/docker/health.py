"""`python -m deploy.docker.health`: 0 if the service of this container is well; for HEALTHCHECK.

Which service it is, the command of process 1 says, so that one image has one check:

    services.api       /readyz is 200: it serves, and the database answers
    services.<worker>  /metrics is 200, and where the worker measures the age of its queue, the age
                       is there: it is absent while the database does not answer
    deploy.local.aws   /health is 200

Docker starts nothing anew that is unhealthy: this is for `up --wait`, and for whoever looks.
"""

import os
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Final

PATIENCE_SECONDS: Final = 4.0
"""Below the timeout of the Dockerfile's HEALTHCHECK, so that it is we who say what is wrong."""
DOUBLE: Final = "deploy.local.aws"
AGE: Final = "\npostroom_queue_oldest_seconds{"
MEASURED: Final = ("services.sender", "services.status", "services.webhooks")
"""Inbound's work waits in SQS, whose age it does not ask the database."""


class UnhealthyError(Exception):
    """Why this container is not well: a sentence."""


def module(command: bytes) -> str:
    """Of `python -m services.api` as /proc/1/cmdline has it (or an init's in front): the module."""
    words = command.decode(errors="replace").split("\0")
    if "-m" not in words[:-1]:
        raise UnhealthyError("Process 1 is none of ours.")
    return words[words.index("-m") + 1]


def url(service: str, command: bytes, environment: Mapping[str, str]) -> str:
    """What to ask."""
    if service == "services.api":
        return f"http://127.0.0.1:{environment.get('POSTROOM_PORT', '8000')}/readyz"
    if service == DOUBLE:
        words = command.decode(errors="replace").split("\0")
        return f"http://127.0.0.1:{words[words.index('--port') + 1]}/health"
    return f"http://127.0.0.1:{environment.get('POSTROOM_METRICS_PORT', '9000')}/metrics"


def judge(service: str, body: str) -> None:
    """Raises UnhealthyError for an answer of 200 that still tells of something wrong."""
    if service in MEASURED and AGE not in f"\n{body}":
        raise UnhealthyError("The age of the queue is not known: the database does not answer.")


def check(command: bytes, environment: Mapping[str, str]) -> None:
    """Raises UnhealthyError."""
    service = module(command)
    # No proxy of the environment: this never leaves the container.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url(service, command, environment), timeout=PATIENCE_SECONDS) as answer:
            judge(service, answer.read().decode())
    except OSError as failure:  # of which URLError and HTTPError are kinds
        raise UnhealthyError(f"{service}: {failure}") from failure


def main() -> int:
    """The exit code."""
    try:
        check(Path("/proc/1/cmdline").read_bytes(), os.environ)
    except UnhealthyError as unhealthy:
        sys.stderr.write(f"{unhealthy}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
