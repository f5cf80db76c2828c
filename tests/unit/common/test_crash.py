"""Named crash points: the process ends where it was asked to, and only in tests."""

import subprocess
import sys

import pytest
from pydantic import ValidationError

from common import crash
from common.settings import Settings


def settings(*, crash_at: str, testing: bool) -> Settings:
    return Settings(
        database_url="postgresql://u:p@h/d",
        redis_url="redis://h",
        crash_at=crash_at,
        testing=testing,
    )


# A dot, past every buffer, for each pass that it survives; the words come at an orderly end alone.
SCRIPT = """
import atexit, os
from common import crash
from common.settings import Settings
atexit.register(os.write, 1, b" handlers")
crash.arm(Settings(database_url="postgresql://h/d", redis_url="redis://h", **{settings}))
buffered = os.fdopen(os.dup(1), "w")
buffered.write(" buffers")
try:
    for point, label in {passes}:
        crash.at(point, label)
        os.write(1, b".")
finally:
    os.write(1, b" finally")
"""

ENDED_WELL = " finally handlers buffers"

Pass = tuple[str, str]
OURS: Pass = ("before_ses", "msg_1")
OTHERS: Pass = ("before_ses", "msg_2")
ELSEWHERE: Pass = ("after_record", "msg_1")


def run(crash_at: str | None, *passes: Pass) -> tuple[int, str]:
    """The exit code of a process that passes there, and what is left of its output."""
    settings = {"testing": True, "crash_at": crash_at} if crash_at else {}
    script = SCRIPT.format(settings=settings, passes=passes)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)  # noqa: S603
    assert not done.stderr, done.stderr.decode()
    return done.returncode, done.stdout.decode()


@pytest.mark.parametrize(
    ("crash_at", "passes", "survived"),
    [
        ("before_ses", [ELSEWHERE, OURS, OURS], 1),
        ("before_ses:3", [OURS, ELSEWHERE, OTHERS, OURS, OURS], 3),
        ("before_ses:2@msg_1", [OURS, OTHERS, OTHERS, OURS, OURS], 3),
    ],
)
def test_it_ends_there_without_a_last_word(
    crash_at: str, passes: list[Pass], survived: int
) -> None:
    assert run(crash_at, *passes) == (crash.EXIT_CODE, "." * survived)


@pytest.mark.parametrize("crash_at", [None, "before_ses:3@msg_1"])
def test_elsewhere_it_goes_on(crash_at: str | None) -> None:
    assert run(crash_at, OURS, OTHERS, OURS, ELSEWHERE) == (0, "...." + ENDED_WELL)


def test_the_exit_code_is_that_of_a_kill() -> None:
    assert crash.EXIT_CODE == 137


def test_it_is_refused_where_nobody_tests() -> None:
    with pytest.raises(ValidationError, match="POSTROOM_TESTING=true"):
        settings(crash_at="before_ses", testing=False)

    assert settings(crash_at="before_ses", testing=True).crash_at == "before_ses"


@pytest.mark.parametrize("crash_at", ["", "before ses", "before_ses:0", "before_ses:x", "a@", ":2"])
def test_what_is_misspelled_is_refused(crash_at: str) -> None:
    with pytest.raises(ValidationError, match="crash_at"):
        settings(crash_at=crash_at, testing=True)
