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
from collections.abc import Callable, Iterable
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
        """Put away what is done, and receive where there is room."""
        self._look()
        self._settle(one for one in list(self._in_hand) if one.done())
        if len(self._in_hand) >= self._most:
            wait(self._in_hand, _GLANCE_SECONDS, FIRST_COMPLETED)
            return
        for letter in self._letterbox.receive():
            self._in_hand[self._pool.submit(self._handle, letter)] = letter

    def _handle(self, letter: Post) -> bool:
        """Whether the letter may be deleted."""
        receipt = letter.parsed
        if isinstance(receipt, NoReceipt):
            return self._is_done_with(letter, receipt.reason, is_fine=receipt.is_notice)
        while not self._stopping.is_set():
            try:
                self._take(receipt)
            except Exception as error:
                log.exception("mail.not_taken", external_id=receipt.message_id)
                if not is_outage(error):
                    return self._is_done_with(letter, type(error).__name__, is_fine=False)
                self._stopping.wait(_PAUSE_SECONDS)
            else:
                return True
        return False

    def _is_done_with(self, letter: Post, reason: str, *, is_fine: bool) -> bool:
        if is_fine:
            return True
        given_up = letter.receives >= MOST_RECEIVES
        log.warning("mail.letter_bad", reason=reason, receives=letter.receives, given_up=given_up)
        return given_up

    def _settle(self, done: Iterable[Future[bool]]) -> None:
        letters = [(self._in_hand.pop(one), one.result()) for one in done]
        self._letterbox.delete(letter for letter, is_done in letters if is_done)

    def _drain(self) -> None:
        """What is not begun goes back; the rest has its time."""
        waiting = [letter for one, letter in list(self._in_hand.items()) if one.cancel()]
        for one in [one for one in self._in_hand if one.cancelled()]:
            del self._in_hand[one]
        done, late = wait(self._in_hand, DRAIN_SECONDS)
        unfinished = [self._in_hand[one] for one in done if not one.result()]
        self._settle(done)
        self._letterbox.give_back([*waiting, *unfinished])
        if late:
            log.warning("feed.drain_timeout", letters=len(late))
        self._pool.shutdown(wait=False)
