"""How much a mail may have of what makes parsers slow; beyond it, it is kept but not read.

Measured with the standard library (CPython 3.11), on mail of less than 700 KiB: 16k addresses
7.6 s, 16k parameters 7 to 10 s, 100k parts 17 s, multiparts 2,000 deep a RecursionError. All is
asked while the structure is looked for, in one linear walk over the bytes (`structure`), before
anything is decoded.

BreachError(ValueError)   the words are a sentence for the caller
"""

from typing import Final

KIB: Final = 1 << 10
MIB: Final = 1 << 20

MAIL: Final = 40 * MIB
"""Bytes; what Amazon SES receives at most."""
HEAD: Final = 256 * KIB  # the header block of the mail or of a part
HEADER: Final = 32 * KIB  # one header with its folded lines
HEADS: Final = MIB  # the header blocks of all parts together
PARTS: Final = 1000
DEPTH: Final = 50  # multiparts in multiparts
DASHED_LINES: Final = 500_000
"""Lines that begin with `--`: each might be a boundary, and is looked up."""


class BreachError(ValueError):
    """The mail has more of something than is read."""


def check_size(raw: bytes) -> None:
    if len(raw) > MAIL:
        raise BreachError(f"The mail is larger than {MAIL // MIB} MiB.")


def check_head(size: int) -> None:
    if size > HEAD:
        raise BreachError(f"The headers of the mail are larger than {HEAD // KIB} KiB.")


def check_heads(size: int) -> None:
    if size > HEADS:
        raise BreachError(
            f"The headers of the mail's parts are larger than {HEADS // KIB} KiB together."
        )


def check_header(size: int) -> None:
    if size > HEADER:
        raise BreachError(f"A header of the mail is larger than {HEADER // KIB} KiB.")


def check_parts(count: int) -> None:
    if count > PARTS:
        raise BreachError(f"The mail has more than {PARTS} parts.")


def check_depth(depth: int) -> None:
    if depth > DEPTH:
        raise BreachError(f"The mail's parts are nested more than {DEPTH} deep.")


def check_dashed_lines(count: int) -> None:
    if count > DASHED_LINES:
        raise BreachError(f"The mail has more than {DASHED_LINES} lines that begin with dashes.")
