"""What it costs to parse: in a child of its own, by the kernel's accounts."""

import resource
from collections.abc import Iterable
from dataclasses import dataclass

from services.inbound.parsing.children import Children
from services.inbound.parsing.mail import Mail


@dataclass(frozen=True, slots=True)
class Expense:
    """`seconds` of CPU, the start of the child included; `peak` bytes of memory."""

    mails: list[Mail]
    seconds: float
    peak: int


def parsed(raws: Iterable[bytes]) -> Expense:
    """By one child, one after the other."""
    before = _seconds()
    with Children(count=1, seconds=100) as children:
        mails = [children.parse(raw) for raw in raws]
        place = children._free.get_nowait()
        children._free.put(place)
    return Expense(mails, _seconds() - before, place.worker.peak)


def _seconds() -> float:
    """Of CPU that children of this process have used which have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
