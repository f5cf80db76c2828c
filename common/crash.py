"""Named places where a process can be made to end without a last word.

Tests set `POSTROOM_CRASH_AT=point[:every][@label]` (refused without `POSTROOM_TESTING=true`): the
process exits at each `every`th pass of the point, counting only passes with that label, if one is
given. Elsewhere a point costs one comparison. As power failures do, a crash runs no handler, closes
no connection and flushes nothing.
"""

import os
import re
from itertools import count
from typing import Final

from common.settings import Settings

EXIT_CODE: Final = 137
"""As a shell reports a process that SIGKILL has ended."""

_SPELLING: Final = re.compile(r"(?P<point>[a-z_]+)(?::(?P<every>\d+))?(?:@(?P<label>.+))?")


class _Armed:
    """What was asked for; nothing, as a rule."""

    point: str | None = None
    label: str | None = None
    every = 1
    passes = count(1)


def arm(settings: Settings) -> None:
    """Once, at the start of a process."""
    spelled = _SPELLING.fullmatch(settings.crash_at or "")
    _Armed.point = spelled["point"] if spelled else None
    if spelled:
        _Armed.label = spelled["label"]
        _Armed.every = int(spelled["every"] or 1)
        _Armed.passes = count(1)


def at(point: str, label: str = "") -> None:
    """A place with a name. `label`: whose pass it is, as the id of a message."""
    if point != _Armed.point or _Armed.label not in {None, label}:
        return
    if next(_Armed.passes) % _Armed.every == 0:
        os._exit(EXIT_CODE)
