"""What is new in a mail: its text without quotes and without the signature.

The patterns for quotes are not linear, so they get so much text and so much CPU time; what takes
more is left undecided, and the mail itself is not harmed.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from services.inbound.parsing.html_text import text_of_html
from services.inbound.parsing.quotes import before_quote, without_marked, without_signature

_LONGEST_TEXT: Final = 50_000  # characters; an answer stands on top of what it answers
_LONGEST_HTML: Final = 300_000
_CPU_SECONDS: Final = 0.5
_PLAIN: Final = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u200b": None, "\ufeff": None})


def extracted_text(text: str | None, html: str | None) -> str | None:
    """None where there is nothing to read, or nobody can tell."""
    try:
        with _cpu_time(_CPU_SECONDS):
            if text and text.strip():
                return _new_in(text)
            if html and len(html) <= _LONGEST_HTML:
                return _new_in(text_of_html(html))
    except TimeoutError:
        pass
    return None


def _new_in(text: str) -> str | None:
    looked_at = text[:_LONGEST_TEXT].translate(_PLAIN)
    lines = [line.strip() for line in looked_at.split("\n")]
    new = before_quote(without_marked(lines))
    if len(text) > _LONGEST_TEXT and len(new) == len(lines):
        return None  # no quote has begun: there is more of it than was looked at
    return "\n".join(without_signature("\n".join(new).strip().split("\n"))).strip()


@contextmanager
def _cpu_time(seconds: float) -> Iterator[None]:
    """TimeoutError once this process has computed for so long, also within one regular expression,
    which asks for signals now and then. Python gives signals to its main thread only; elsewhere
    nothing is limited.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def expire(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, expire)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
