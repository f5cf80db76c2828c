"""`traceparent`, by which a trace goes on in another process.

W3C Trace Context, section 3.2: https://www.w3.org/TR/trace-context/#traceparent-header
"""

import re
from typing import Final, NamedTuple

# Ids of zeros and the version ff are invalid. A version after 00 may have more behind these four.
_FORM: Final = re.compile(
    r"(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(-[!-~]{0,99})?"
)
_SAMPLED: Final = 1


class Parent(NamedTuple):
    """The span that another one is a part of. `is_sampled`: whether it is kept, so that what
    belongs to it has to be kept as well.
    """

    trace_id: int
    span_id: int
    is_sampled: bool


def read(text: str | None) -> Parent | None:
    """What anybody may have written; None where it is not valid, which is not to be guessed at."""
    found = _FORM.fullmatch(text or "")
    if found is None:
        return None
    version, trace_id, span_id, flags, rest = found.groups()
    if version == "00" and rest is not None:
        return None
    return Parent(int(trace_id, 16), int(span_id, 16), bool(int(flags, 16) & _SAMPLED))


def write(parent: Parent) -> str:
    """In version 00, which has 55 characters and no other flag."""
    return f"00-{parent.trace_id:032x}-{parent.span_id:016x}-{int(parent.is_sampled):02x}"
