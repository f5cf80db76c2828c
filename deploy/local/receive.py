"""`make receive FILE=x.eml TO=addr [FROM=addr]`: a mail comes in to the system that runs here.

The values come by the environment, and not as words of a command line: see `organization`.
"""

import json
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import httpx

from deploy.local.errors import CannotStartError, StepFailedError
from deploy.local.state import State, is_running, read_env

USAGE: Final = "usage: make -s receive FILE=mail.eml TO=you@postroom.test[,other] [FROM=sender]"
SECONDS: Final = 60.0
BETWEEN: Final = re.compile(r"[,\s]+")


def receive(state: State, environment: Mapping[str, str] = os.environ) -> int:
    """Prints the id that SES gives the mail, as JSON; the hint for a person is on stderr."""
    file = environment.get("RECEIVE_FILE", "")
    recipients = [one for one in BETWEEN.split(environment.get("RECEIVE_TO", "")) if one]
    if not file or not recipients:
        raise CannotStartError(USAGE)
    query: dict[str, str | list[str]] = {"to": recipients}
    # Set and empty means the null return path, as bounces have it.
    if (sender := environment.get("RECEIVE_FROM")) is not None:
        query["from"] = sender
    message_id = _post(_aws_url(state, environment), _read(file), query)
    print(json.dumps({"messageId": message_id}))
    print(_hint(recipients), file=sys.stderr)
    return 0


def _read(file: str) -> bytes:
    try:
        return Path(file).expanduser().read_bytes()
    except OSError as failure:
        raise CannotStartError(f"{file} cannot be read: {failure.strerror}") from failure


def _aws_url(state: State, environment: Mapping[str, str]) -> str:
    if url := environment.get("POSTROOM_AWS_URL"):
        return url
    known = read_env(state.env_file) if is_running(state) else {}
    if "POSTROOM_AWS_URL" not in known:
        raise CannotStartError("No local system is up here: start one with `make run`.")
    return known["POSTROOM_AWS_URL"]


def _post(url: str, mail: bytes, query: Mapping[str, str | list[str]]) -> str:
    try:
        answer = httpx.post(
            f"{url}/inbound", params=query, content=mail, timeout=SECONDS, trust_env=False
        )
        said = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as failure:
        raise StepFailedError(f"The AWS double at {url} does not answer: {failure}") from failure
    if not answer.is_success:
        raise StepFailedError(f"The mail was not taken: {said.get('error', said)}")
    return str(said["messageId"])


def _hint(recipients: list[str]) -> str:
    names = ", ".join(recipients)
    return (
        f"Received for {names}. It is in the messages of the inbox with that address within a"
        " moment, and nowhere if no inbox has it: GET /v1/inboxes lists them."
    )
