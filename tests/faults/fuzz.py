"""`python -m tests.faults.fuzz [--seconds 300] [--seed 1]`: changed mail through children.

Prints one line. Exit 1 where anything was raised in the parent, a mail was not read because of a
fault of ours, or what came out is not fit for the database.
"""

import argparse
import random
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson
from prometheus_client import REGISTRY

from services.inbound.parsing.children import Children
from services.inbound.parsing.parse import UNREADABLE
from tests import odd_mail

_THREADS: Final = 2
_MOST_CHANGES: Final = 8
_LONGEST: Final = 2_000_000
_REASONS: Final = ("timeout", "memory", "crashed")
_PIECES: Final = (
    *(b"\r\n", b"\n", b"\r", b"\r\n\r\n", b" ", b"\t", b"\0", b"\xff", b"\x1b$B", b"--", b"--\n"),
    *(b"=?utf-8?q?", b"=?iso-2022-jp?b?", b"?=", b"(", b")", b'"', b"\\", b"<", b">", b";", b":"),
    *(b",", b"@", b"=", b"=\n", b"%00", b"*0*=utf-8''", b"; filename*1=", b"; boundary=b", b"&#0;"),
    *(b"Content-Type: multipart/mixed; boundary=b\n\n--b\n", b"Content-Type: message/rfc822\n\n"),
    *(b"Content-Type: text/html; charset=utf-7\n", b"Content-Transfer-Encoding: base64\n"),
    *(
        b"To: a:b@c,;<d\n",
        b"References: <a@b>\n",
        b"On a, b@c wrote:\n> ",
        b"<blockquote>",
        b"<!--",
    ),
)


@dataclass(slots=True)
class Count:
    """Of all threads."""

    mails: int = 0
    errors: int = 0
    slowest: float = 0.0
    faults: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, error: str | None, seconds: float) -> None:
        with self.lock:
            self.mails += 1
            self.errors += error is not None
            self.slowest = max(self.slowest, seconds)


def run(seconds: float, seed: int, say: Callable[[str], object]) -> int:
    """The exit code."""
    corpus = list(odd_mail.everything().values())
    count, before, ends = Count(), _killed(), time.monotonic() + seconds
    with Children(count=_THREADS) as children:
        threads = [
            threading.Thread(
                target=_feed,
                args=(children, corpus, random.Random(f"{seed}-{n}"), ends, count),  # noqa: S311
            )
            for n in range(_THREADS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    say(
        f"mails {count.mails}, errors {count.errors}, children killed {_killed() - before:.0f},"
        f" slowest {count.slowest:.2f} s"
    )
    for fault in count.faults:
        say(f"    BROKEN {fault}")
    return 1 if count.faults or not count.mails else 0


def _feed(
    children: Children, corpus: Sequence[bytes], dice: random.Random, ends: float, count: Count
) -> None:
    while time.monotonic() < ends:
        raw = changed(dice, corpus)
        try:
            _check(children, raw, count)
        except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
            count.faults.append(f"{traceback.format_exc()}with {raw[:2000]!r}")
            return


def _check(children: Children, raw: bytes, count: Count) -> None:
    started = time.monotonic()
    mail = children.parse(raw)
    count.add(mail.error, time.monotonic() - started)
    orjson.dumps(mail, default=len)  # refuses half of a surrogate pair
    if mail.error == UNREADABLE:
        raise AssertionError(UNREADABLE)


def changed(dice: random.Random, corpus: Sequence[bytes]) -> bytes:
    """One of the corpus, changed here and there."""
    raw = dice.choice(corpus)
    for _ in range(dice.randint(1, _MOST_CHANGES)):
        start = dice.randint(0, len(raw))
        end = min(len(raw), start + dice.choice((0, 1, 1, 4, 40, 400)))
        raw = raw[:start] + _put(dice, raw[start:end], corpus) + raw[end:]
    return raw[:_LONGEST]


def _put(dice: random.Random, old: bytes, corpus: Sequence[bytes]) -> bytes:
    """What comes in the place of a piece."""
    match dice.randint(0, 6):
        case 0:
            return b""
        case 1:
            return dice.randbytes(len(old) or 1)
        case 2:
            return old * 2
        case 3:
            return (old or dice.choice(_PIECES)) * dice.choice((10, 100, 1000, 10_000))
        case 4:
            other = dice.choice(corpus)
            at = dice.randint(0, len(other))
            return other[at : at + 400]
        case _:
            return dice.choice(_PIECES)


def _killed() -> float:
    name = "postroom_parser_children_ended_total"
    return sum(REGISTRY.get_sample_value(name, {"reason": one}) or 0 for one in _REASONS)


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.fuzz")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    return run(asked.seconds, asked.seed, lambda line: sys.stdout.write(f"{line}\n"))


if __name__ == "__main__":
    sys.exit(main())
