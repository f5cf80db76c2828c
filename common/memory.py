"""Memory that is not needed any more goes back to the system: glibc's malloc would keep it."""

import ctypes
from contextlib import suppress
from typing import Final

_MMAP_BYTES: Final = 1 << 20
_TRIM_BYTES: Final = 4 << 20
# Of <malloc.h>.
_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3


def give_back() -> None:
    """From now on each block of a MiB is one of the system's, whatever was freed before.

    By itself glibc takes the largest block that was freed, up to 32 MiB, for what is common, and
    each thread's arena may keep twice as much (mallopt(3)): a sender of whose threads three had
    sent 40 MB each kept 200 MB. Other systems' malloc is left as it is.
    """
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, _MMAP_BYTES)
        libc.mallopt(_M_TRIM_THRESHOLD, _TRIM_BYTES)
