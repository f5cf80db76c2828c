"""`python -m services.inbound.parsing.child BYTES SECONDS`: parses mail after mail for its parent.

It is given a mail's size (8 octets) and its bytes on standard input; it answers with the sizes of
the JSON and of its own peak memory, then the JSON and the files (`wire`). It ends when the input
does. It can hold so many bytes of memory, open no more files than it needs, and write none; it ends
by itself when one mail takes so many seconds, in case its parent is not there any more to end it.
"""

import gc
import os
import re
import resource
import signal
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

import orjson

from common.memory import give_back
from services.inbound.parsing.parse import parse

READY: Final = b"\x01"
REQUEST: Final = struct.Struct(">Q")
ANSWER: Final = struct.Struct(">QQ")
OUT_OF_MEMORY: Final = 77
"""The exit code of a child that has met its limit."""
_FILES: Final = 32
_STATUS: Final = Path("/proc/self/status")
_PEAK: Final = re.compile(rb"VmHWM:\s+(\d+) kB")


def main() -> None:
    """Until the parent closes the pipe."""
    memory, seconds = int(sys.argv[1]), float(sys.argv[2])
    give_back()
    # Ctrl-C and a stop of the service are the parent's affair, which then closes the pipe.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    requests, answers = _pipes()
    confine(memory)
    gc.collect()
    gc.freeze()
    gc.enable()
    _say(answers, READY)
    while (raw := _mail(requests)) is not None:
        signal.setitimer(signal.ITIMER_REAL, seconds)  # unhandled SIGALRM ends the process
        try:
            _answer(answers, raw)
        except MemoryError:
            os._exit(OUT_OF_MEMORY)
        signal.setitimer(signal.ITIMER_REAL, 0)
        del raw


def confine(memory: int) -> None:
    """`memory`: bytes of address space. What a system does not know of is left out."""
    limits = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CORE: 0,  # it would have the mail in it
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: _FILES,
    }
    for limit, most in limits.items():
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (most, most))


def peak_memory() -> int:
    """Bytes that this program has had at most. Linux's `ru_maxrss` is no answer: it begins with
    that of the parent, which has started us.
    """
    with suppress(OSError):
        if found := _PEAK.search(_STATUS.read_bytes()):
            return int(found.group(1)) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _pipes() -> tuple[BinaryIO, BinaryIO]:
    """The parent's pipes; nothing else may write to them, and no words of an error, which may be
    a mail's, leave this process.
    """
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    return requests, answers


def _mail(requests: BinaryIO) -> bytes | None:
    """None at the end of the input."""
    head = requests.read(REQUEST.size)
    if len(head) < REQUEST.size:
        return None
    (size,) = REQUEST.unpack(head)
    raw = requests.read(size)
    return raw if len(raw) == size else None


def _answer(answers: BinaryIO, raw: bytes) -> None:
    mail = parse(raw)
    json = orjson.dumps(mail, default=len)  # of a file's content its size
    answers.write(ANSWER.pack(len(json), peak_memory()))
    answers.write(json)
    answers.writelines(file.content for file in mail.files)
    answers.flush()


def _say(answers: BinaryIO, data: bytes) -> None:
    answers.write(data)
    answers.flush()


if __name__ == "__main__":
    main()
