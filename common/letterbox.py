"""A queue of SQS that SES tells into: letters, ten a call, several calls at once."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Generic, TypeVar

from common import logs
from common.sqs import AwsError, AwsFailure, Members, Sqs, name_of

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

_RECEIVE: Final = "ReceiveMessage"
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
    """`receive` is for one thread; the others may be called by any."""

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
        self._receives = calls

    def receive(self) -> list[Letter[T]]:
        """What lies there, up to a set; waits for the first only. Raises `AwsError`."""
        first = self._letters(self._call(_RECEIVE, self._asked(self._poll_seconds)))
        if len(first) < _A_CALL:
            return first
        return first + [letter for answer in self._further() for letter in self._letters(answer)]

    def _further(self) -> list[Members]:
        """Beside a first call that went well: what fails here must not lose what came there."""
        answers = self._calls(_RECEIVE, [self._asked(0)] * (self._receives - 1))
        for error in answers:
            if isinstance(error, AwsError):
                log.warning("letterbox.receive_failed", error=name_of(error))
        return [one for one in answers if not isinstance(one, AwsError)]

    def _asked(self, wait_seconds: int) -> Members:
        return {
            "MaxNumberOfMessages": _A_CALL,
            "WaitTimeSeconds": wait_seconds,
            "MessageSystemAttributeNames": _ASKED,
        }

    def _call(self, operation: str, members: Members) -> Members:
        return self._sqs.call(operation, {"QueueUrl": self._url, **members})

    def _calls(self, operation: str, each: list[Members]) -> list[Members | AwsFailure]:
        return self._sqs.calls(operation, [{"QueueUrl": self._url, **one} for one in each])

    def _letters(self, answer: Members) -> list[Letter[T]]:
        return [self._letter(message) for message in answer.get("Messages", [])]

    def _letter(self, message: Members) -> Letter[T]:
        told = message["Attributes"]
        return Letter(
            parsed=self._read(message["Body"]),
            receipt=message["ReceiptHandle"],
            receives=int(told["ApproximateReceiveCount"]),
            sent_at=datetime.fromtimestamp(int(told["SentTimestamp"]) / 1000, UTC),
        )

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
        answers = self._calls(operation, [{"Entries": _entries(ten, members)} for ten in tens])
        for ten, answer in zip(tens, answers, strict=True):
            if isinstance(answer, AwsError):
                log.warning("letterbox.call_failed", letters=len(ten), error=name_of(answer))
            elif failed := answer.get("Failed"):
                codes = sorted({one["Code"] for one in failed})
                log.warning("letterbox.refused", letters=len(failed), codes=codes)


def _entries(receipts: list[str], members: dict[str, int]) -> list[Members]:
    return [{"Id": str(at), "ReceiptHandle": one, **members} for at, one in enumerate(receipts)]
