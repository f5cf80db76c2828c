"""A queue of SQS that SES tells into: letters, ten a call, several calls at once."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Generic, TypeVar

from common import logs
from common.sqs import AwsError, Members, Sqs, name_of

T = TypeVar("T")

POLL_SECONDS: Final = 2
"""How long a receive waits where nothing lies. Any wait makes it a long poll (it asks all of SQS's
servers); 20 s would save half a dollar a month and let a stopping worker hang on it, or leave it,
and SQS then hides for the visibility timeout what it hands to nobody. It is also the beat of
everything else the worker does.
"""
CALLS: Final = 10
"""That may go to SQS at one time, so that a set is 100 letters."""
_A_CALL: Final = 10  # SQS's limit

_ASKED: Final = ["ApproximateReceiveCount", "SentTimestamp"]
_COUNTED: Final = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
]
_HIDDEN_FOR: Final = "VisibilityTimeout"

log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class Letter(Generic[T]):
    """A message of SQS, read, and what names it to SQS. `receives`: this one too. `sent_at`: when
    it was put into the queue, by SQS's clock.
    """

    parsed: T
    receipt: str
    receives: int
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Counts:
    """What SQS says of the queue. `letters`: all that are in it, also those in somebody's hand;
    up to a minute old, says AWS. `hidden_for`: a letter that was received and not deleted.
    """

    letters: int
    hidden_for: timedelta


class Letterbox(Generic[T]):
    """`receive` is for one thread; the others may be called by any. It has threads of its own for
    calls that may go side by side.
    """

    def __init__(
        self,
        sqs: Sqs,
        url: str,
        read: Callable[[str], T],
        poll_seconds: int = POLL_SECONDS,
        calls: int = CALLS,
    ) -> None:
        """`read` makes of a letter's text what it says, whatever it is, and never raises. `calls`
        of ten letters each make a set.
        """
        self._sqs = sqs
        self._url = url
        self._read = read
        self._poll_seconds = poll_seconds
        self._further = calls - 1
        self._calls = ThreadPoolExecutor(calls, thread_name_prefix="sqs")

    def receive(self) -> list[Letter[T]]:
        """What lies there, up to a set; waits for the first only. Raises `AwsError`."""
        first = self._receive(self._poll_seconds)
        if len(first) < _A_CALL:
            return first
        further = self._calls.map(lambda _: self._receive_more(), range(self._further))
        return first + [letter for letters in further for letter in letters]

    def _receive(self, wait_seconds: int) -> list[Letter[T]]:
        asked = {
            "MaxNumberOfMessages": _A_CALL,
            "WaitTimeSeconds": wait_seconds,
            "MessageSystemAttributeNames": _ASKED,
        }
        answer = self._call("ReceiveMessage", asked)
        return [self._letter(message) for message in answer.get("Messages", [])]

    def _call(self, operation: str, members: Members) -> Members:
        return self._sqs.call(operation, {"QueueUrl": self._url, **members})

    def _letter(self, message: Members) -> Letter[T]:
        told = message["Attributes"]
        return Letter(
            parsed=self._read(message["Body"]),
            receipt=message["ReceiptHandle"],
            receives=int(told["ApproximateReceiveCount"]),
            sent_at=datetime.fromtimestamp(int(told["SentTimestamp"]) / 1000, UTC),
        )

    def _receive_more(self) -> list[Letter[T]]:
        """Beside a first call that went well: what fails here must not lose what came there."""
        try:
            return self._receive(0)
        except AwsError as error:
            log.warning("letterbox.receive_failed", error=name_of(error))
            return []

    def counts(self) -> Counts | None:
        """None where SQS does not say."""
        try:
            asked = {"AttributeNames": [*_COUNTED, _HIDDEN_FOR]}
            told = self._call("GetQueueAttributes", asked)["Attributes"]
        except AwsError as error:
            log.warning("letterbox.uncounted", error=name_of(error))
            return None
        letters = sum(int(told[name]) for name in _COUNTED)
        return Counts(letters, timedelta(seconds=int(told[_HIDDEN_FOR])))

    def delete(self, letters: Iterable[Letter[T]]) -> None:
        """They are stored. One that stays comes again, and is then known."""
        self._in_tens("DeleteMessageBatch", letters)

    def give_back(self, letters: Iterable[Letter[T]]) -> None:
        """They could not be stored: to be received again at once, by whoever can."""
        self._in_tens("ChangeMessageVisibilityBatch", letters, VisibilityTimeout=0)

    def _in_tens(self, operation: str, letters: Iterable[Letter[T]], **members: int) -> None:
        receipts = [letter.receipt for letter in letters]
        tens = [receipts[at : at + _A_CALL] for at in range(0, len(receipts), _A_CALL)]
        list(self._calls.map(lambda ten: self._tell(operation, ten, members), tens))

    def _tell(self, operation: str, ten: list[str], members: dict[str, int]) -> None:
        entries = [
            {"Id": str(at), "ReceiptHandle": receipt, **members} for at, receipt in enumerate(ten)
        ]
        try:
            failed = self._call(operation, {"Entries": entries}).get("Failed", [])
        except AwsError as error:
            log.warning("letterbox.call_failed", letters=len(ten), error=name_of(error))
            return
        if failed:
            codes = sorted({one["Code"] for one in failed})
            log.warning("letterbox.refused", letters=len(failed), codes=codes)

    def close(self) -> None:
        """End the threads."""
        self._calls.shutdown()
