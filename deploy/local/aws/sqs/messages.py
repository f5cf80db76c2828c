"""The operations on messages: send, receive, delete, hide; one by one and in batches of ten."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request

from deploy.local.aws.connection import first_of, hanging_up
from deploy.local.aws.sqs.errors import SqsError
from deploy.local.aws.sqs.queue import Message, Queue

MOST_BYTES = 1024 * 1024
LONGEST_VISIBILITY = 43_200
LONGEST_WAIT = 20
BATCH = 10

Body = dict[str, Any]


def _number(body: Mapping[str, Any], name: str, default: int, lowest: int, highest: int) -> int:
    value = body.get(name)
    number = default if value is None else int(value)
    if not lowest <= number <= highest:
        words = f"Value {number} for parameter {name} is invalid. Reason: Must be"
        raise SqsError("InvalidParameterValue", f"{words} between {lowest} and {highest}.")
    return number


async def receive(
    request: Request, queue: Queue, limit: int, visibility: int, wait: int
) -> list[Message]:
    """Nothing is taken for a caller that hung up: his messages would stay hidden for nobody."""
    if (found := queue.take(limit, visibility)) or not wait:
        return found
    deadline = queue.clock() + wait
    async with hanging_up(request) as gone:
        while not found and (left := deadline - queue.clock()) > 0:
            queue.arrival.clear()
            if (change := queue.next_change()) is not None:
                left = min(left, max(0, change - queue.clock()))
            if not await first_of(gone, queue.arrival, left):
                break
            found = queue.take(limit, visibility)
    return found


def _shown(message: Message, wanted: set[str]) -> Body:
    shown: Body = {
        "MessageId": message.id,
        "ReceiptHandle": message.handle,
        "MD5OfBody": message.md5,
        "Body": message.body,
    }
    system = {
        "SenderId": "AIDAIT2UOQQY3AUEKVGXU",
        "SentTimestamp": str(int(message.sent_at * 1000)),
        "ApproximateReceiveCount": str(message.receives),
        "ApproximateFirstReceiveTimestamp": str(int((message.first_received_at or 0) * 1000)),
    }
    if attributes := {k: v for k, v in system.items() if "All" in wanted or k in wanted}:
        shown["Attributes"] = attributes
    if message.attributes:
        shown["MessageAttributes"] = message.attributes
    return shown


class MessageOperations:
    def __init__(self, named: Callable[[Mapping[str, Any]], Queue]) -> None:
        self._named = named

    def operations(self) -> dict[str, Callable[[Request, Body], Awaitable[Body]]]:
        singles = {
            "SendMessage": self._send,
            "DeleteMessage": self._delete,
            "ChangeMessageVisibility": self._hide,
        }
        return {
            "ReceiveMessage": self._receive,
            **{name: _alone(self._named, step) for name, step in singles.items()},
            **{f"{name}Batch": _in_batches(self._named, step) for name, step in singles.items()},
        }

    async def _receive(self, request: Request, body: Body) -> Body:
        queue = self._named(body)
        default = int(queue.attributes["VisibilityTimeout"])
        idle = int(queue.attributes.get("ReceiveMessageWaitTimeSeconds", 0))
        found = await receive(
            request,
            queue,
            limit=_number(body, "MaxNumberOfMessages", 1, 1, BATCH),
            visibility=_number(body, "VisibilityTimeout", default, 0, LONGEST_VISIBILITY),
            wait=_number(body, "WaitTimeSeconds", idle, 0, LONGEST_WAIT),
        )
        names = [*body.get("AttributeNames", ()), *body.get("MessageSystemAttributeNames", ())]
        return {"Messages": [_shown(message, set(names)) for message in found]} if found else {}

    def _send(self, queue: Queue, entry: Body) -> Body:
        text = str(entry.get("MessageBody", ""))
        if not 0 < len(text.encode()) <= MOST_BYTES:
            words = f"Message must be shorter than {MOST_BYTES} bytes and not empty."
            raise SqsError("InvalidParameterValue", words)
        delay = _number(entry, "DelaySeconds", int(queue.attributes.get("DelaySeconds", 0)), 0, 900)
        message = queue.put(text, entry.get("MessageAttributes"), delay)
        return {"MessageId": message.id, "MD5OfMessageBody": message.md5}

    def _delete(self, queue: Queue, entry: Body) -> Body:
        queue.delete(_handle(entry))
        return {}

    def _hide(self, queue: Queue, entry: Body) -> Body:
        seconds = _number(entry, "VisibilityTimeout", 0, 0, LONGEST_VISIBILITY)
        message = queue.received(_handle(entry))
        if message is None:
            raise SqsError("MessageNotInflight", "The message is not in flight.")
        queue.hide(message, seconds)
        return {}


Step = Callable[[Queue, Body], Body]


def _handle(entry: Body) -> str:
    handle = str(entry.get("ReceiptHandle", ""))
    if "." not in handle:
        words = f'The input receipt handle "{handle}" is not a valid receipt handle.'
        raise SqsError("ReceiptHandleIsInvalid", words)
    return handle


def _alone(
    named: Callable[[Body], Queue], step: Step
) -> Callable[[Request, Body], Awaitable[Body]]:
    async def operation(_: Request, body: Body) -> Body:
        return step(named(body), body)

    return operation


def _in_batches(
    named: Callable[[Body], Queue], step: Step
) -> Callable[[Request, Body], Awaitable[Body]]:
    async def operation(_: Request, body: Body) -> Body:
        queue, entries = named(body), body.get("Entries") or []
        _check_batch(entries)
        done, failed = [], []
        for entry in entries:
            try:
                done.append({"Id": entry["Id"], **step(queue, entry)})
            except SqsError as error:
                reason = {"Code": error.query_code, "Message": error.message, "SenderFault": True}
                failed.append({"Id": entry["Id"], **reason})
        return {"Successful": done, "Failed": failed}

    return operation


def _check_batch(entries: list[Body]) -> None:
    prefix = "AWS.SimpleQueueService."
    if not entries:
        words = "There should be at least one entry in the request."
        raise SqsError("EmptyBatchRequest", words, prefix + "EmptyBatchRequest")
    if len(entries) > BATCH:
        words = f"Maximum number of entries per request are {BATCH}. You have sent {len(entries)}."
        code = "TooManyEntriesInBatchRequest"
        raise SqsError(code, words, prefix + code)
    if len({entry["Id"] for entry in entries}) < len(entries):
        code = "BatchEntryIdsNotDistinct"
        raise SqsError(code, "Two or more batch entries have the same Id.", prefix + code)
