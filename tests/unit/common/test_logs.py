"""logs: one line of JSON for each thing, and nothing in it that must not leave the database."""

import json
import subprocess
import sys
from typing import Any

import pytest

SECRET = "j.doe@example.com"

PREPARE = """
import logging, sys
from common import logs
from common.settings import Settings
settings = Settings(
    database_url="postgresql://u:p@h/d", redis_url="redis://h", log_format={format!r},
    log_level={level!r},
)
logs.configure(settings, "sender")
log = logs.get("services.sender.send")
SECRET = {secret!r}
"""


def run(script: str, log_format: str = "json", level: str = "INFO") -> str:
    """What a process of its own has written: `configure` is for a whole process."""
    prepare = PREPARE.format(format=log_format, level=level, secret=SECRET)
    command = [sys.executable, "-c", prepare + script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout == ""
    return done.stderr


def line(script: str, level: str = "INFO") -> dict[str, Any]:
    [only] = run(script, level=level).splitlines()
    read: dict[str, Any] = json.loads(only)
    return read


def test_a_line_has_its_event_its_service_and_its_ids() -> None:
    read = line('log.info("send.accepted", message_id="msg_1", attempt=2)')

    assert read.pop("timestamp").endswith("Z")
    assert read == {
        "event": "send.accepted",
        "level": "info",
        "service": "sender",
        "module": "services.sender.send",
        "message_id": "msg_1",
        "attempt": 2,
    }


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_what_must_not_be_written_is_kept_out_even_where_it_is_passed(log_format: str) -> None:
    names = ["text", "html", "body", "to", "cc", "bcc", "email", "secret", "key", "authorization"]
    script = f"for name in {[*names, 'url']}:\n    log.info('send.accepted', **{{name: SECRET}})"

    written = run(script, log_format)

    assert written.count("[kept out]") == len(names) + 1
    assert SECRET not in written


FAIL = """
def fail():
    raise ValueError(f"Failing row contains ({SECRET}).")
try:
    try:
        fail()
    except ValueError as cause:
        raise RuntimeError(SECRET) from cause
except RuntimeError as error:
    log.exception("room.job_failed")
    log.error("room.job_failed", exc_info=True)
    log.error("room.job_failed", exc_info=error)
    log.error("room.job_failed", exc_info=sys.exc_info())
    logging.getLogger("dramatiq").exception("room.job_failed")
    logging.getLogger("dramatiq").error("room.job_failed", exc_info=error)
"""


def test_an_exception_is_told_by_its_type_and_frames() -> None:
    read = [json.loads(one) for one in run(FAIL).splitlines()]

    assert len(read) == 6
    assert {one["error"] for one in read} == {"RuntimeError"}
    assert {one["level"] for one in read} == {"error"}
    assert all(one["frames"][-1].endswith(" <module>") for one in read)


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_an_exception_is_not_told_by_its_words_nor_by_its_causes(log_format: str) -> None:
    written = run(FAIL, log_format)

    assert written.count("room.job_failed") == 6
    assert SECRET not in written
    assert "Failing row" not in written


def test_libraries_are_heard_from_warnings_on() -> None:
    script = """
logging.getLogger("botocore").info("a line a call")
logging.getLogger("botocore").warning("trouble with %s", "the queue")
"""
    read = line(script)

    assert (read["event"], read["level"], read["service"]) == (
        "trouble with the queue",
        "warning",
        "sender",
    )


def test_below_the_level_nothing_is_written() -> None:
    assert run('log.info("send.accepted")', level="WARNING") == ""
    assert line('log.debug("send.composed")', level="DEBUG")["event"] == "send.composed"


def test_what_is_no_terminal_gets_json() -> None:
    assert json.loads(run('log.info("send.accepted")', "auto"))["event"] == "send.accepted"


def test_people_get_words() -> None:
    written = run('log.info("send.accepted", message_id="msg_1")', "console")

    assert "send.accepted" in written
    assert "msg_1" in written
    assert not written.startswith("{")


def test_what_is_no_json_is_written_all_the_same() -> None:
    read = line("log.info('odd', half='\\ud800', large=2**70, names={1: {2}})")

    assert (read["half"], read["large"]) == ("\ud800", 2**70)
