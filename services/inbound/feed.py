"""From the queue to the receiver, for as long as the process lives.

Mails do not wait for each other: each has a thread, and what has come to its end makes room for the
next, so one that takes ten seconds costs the others a place and nothing else. A letter is deleted
once its mail is committed, and never before; what a crash leaves in SQS comes again and is known.

While the database or S3 is away a letter stays in the hand that holds it, and nothing more is
received: each receive counts towards SQS's `maxReceiveCount`, and an outage must not carry good
mail to the dead letter queue. A letter that cannot be read goes there, and SQS does it; so does one
whose mail is not where it says.
"""

import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Final

from common import logs
from common.letterbox import Letter, Letterbox
from common.worker import DRAIN_SECONDS
from services.inbound.receipt import NoReceipt, Receipt
from services.inbound.receive import is_outage

MOST_RECEIVES: Final = 20
"""After which a bad letter is deleted where no redrive policy has put it aside. The mail that it
tells of, if any, lies in S3.
"""
_PAUSE_SECONDS: Final = 1.0
_GLANCE_SECONDS: Final = 1.0

log = logs.get(__name__)

Post = Letter[Receipt | NoReceipt]


class Feed:
    """One queue, read with `places` mails under way."""

    def __init__(
        self,
        letterbox: Letterbox[Receipt | NoReceipt],
        take: Callable[[Receipt], None],
        places: int,
        look: Callable[[], None] = lambda: None,
    ) -> None:
        """`take` returns when the mail is committed. `look` is called between two receives."""
        self._letterbox = letterbox
        self._take = take
        self._look = look
        self._most = places
        self._pool = ThreadPoolExecutor(places, thread_name_prefix="mail")
        self._in_hand: dict[Future[bool], Post] = {}
        self._stopping = threading.Event()

    def run(self, stopping: threading.Event) -> None:
        """Until `stopping` is set, then finish what is begun. Survives whatever comes."""
        self._stopping = stopping
        while not stopping.is_set():
            try:
                self.turn()
            except Exception:
                log.exception("feed.interrupted", letters=len(self._in_hand))
                stopping.wait(_PAUSE_SECONDS)
        log.info("worker.stopping", letters=len(self._in_hand))
        self._drain()

    def turn(self) -> None:
        """Receive where there is room."""
        self._look()
        for one in [one for one in self._in_hand if one.done()]:
            del self._in_hand[one]
        if len(self._in_hand) >= self._most:
            wait(self._in_hand, _GLANCE_SECONDS, FIRST_COMPLETED)
            return
        for letter in self._letterbox.receive():
            self._in_hand[self._pool.submit(self._handle_safely, letter)] = letter

    def _handle_safely(self, letter: Post) -> bool:
        """SQS brings back what failed here; the reason must not be lost with it."""
        try:
            return self._handle(letter)
        except Exception:
            log.exception("mail.letter_failed", receives=letter.receives)
            return False

    def _handle(self, letter: Post) -> bool:
        """False where it was interrupted: the letter is anybody's. Else it is deleted, at once, as
        another may get it when its visibility timeout is over; or left for SQS to put aside.
        """
        receipt = letter.parsed
        if isinstance(receipt, NoReceipt):
            is_done = receipt.is_notice or self._is_given_up(letter, receipt.reason)
        else:
            error = self._take_in_time(receipt)
            if isinstance(error, _Stopped):
                return False
            is_done = error is None or self._is_given_up(letter, type(error).__name__)
        if is_done:
            self._letterbox.delete([letter])
        return True

    def _take_in_time(self, receipt: Receipt) -> Exception | None:
        """What is wrong with the letter; an outage is waited for."""
        while not self._stopping.is_set():
            try:
                self._take(receipt)
            except Exception as error:
                log.exception("mail.not_taken", external_id=receipt.message_id)
                if not is_outage(error):
                    return error
                self._stopping.wait(_PAUSE_SECONDS)
            else:
                return None
        return _Stopped()

    def _is_given_up(self, letter: Post, reason: str) -> bool:
        given_up = letter.receives >= MOST_RECEIVES
        log.warning("mail.letter_bad", reason=reason, receives=letter.receives, given_up=given_up)
        return given_up

    def _drain(self) -> None:
        """What is not begun goes back; the rest has its time."""
        for one in self._in_hand:
            one.cancel()
        _, late = wait(self._in_hand, DRAIN_SECONDS)
        self._letterbox.give_back(
            letter
            for one, letter in self._in_hand.items()
            if one.cancelled() or (one.done() and not one.result())
        )
        if late:
            log.warning("feed.drain_timeout", letters=len(late))
        self._pool.shutdown(wait=False)


class _Stopped(Exception):  # noqa: N818 - nothing is wrong
    """Before the outage was over."""
