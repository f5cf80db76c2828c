"""SQS over its JSON protocol, for standard queues.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Operations.html
"""

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import uuid4

import orjson
from starlette.requests import Request
from starlette.responses import Response

from deploy.local.aws import rest_json
from deploy.local.aws.arns import ACCOUNT, arn
from deploy.local.aws.errors import AwsError
from deploy.local.aws.sqs.errors import SqsError, no_such_queue, refused
from deploy.local.aws.sqs.messages import MessageOperations
from deploy.local.aws.sqs.queue import Queue, Redrive

ARN = arn("sqs", "")
TARGET = "AmazonSQS."
MAX_RECEIVES = 5
OPERATIONS = {
    "CreateQueue": "create",
    "DeleteQueue": "drop",
    "GetQueueUrl": "url",
    "ListQueues": "list",
    "GetQueueAttributes": "attributes",
    "SetQueueAttributes": "set_attributes",
    "PurgeQueue": "purge",
}
Operation = Callable[[Request, dict[str, Any]], Awaitable[dict[str, Any]]]


async def _unsupported(_: Request, __: dict[str, Any]) -> dict[str, Any]:
    raise SqsError("UnsupportedOperation", "The local double does not have this operation.")


class Sqs:
    def __init__(self) -> None:
        self._queues: dict[str, Queue] = {}
        self._operations: dict[str, Operation] = {
            name: getattr(self, method) for name, method in OPERATIONS.items()
        }
        self._operations |= MessageOperations(self.named).operations()

    def find(self, name: str) -> Queue | None:
        return self._queues.get(name)

    def with_dead_letters(self, name: str, policy: str) -> Queue:
        """A queue whose messages go to `{name}-dead` after five receives."""
        queue, dead = Queue(name), Queue(f"{name}-dead")
        self._queues |= {queue.name: queue, dead.name: dead}
        redrive = {"deadLetterTargetArn": ARN + dead.name, "maxReceiveCount": MAX_RECEIVES}
        self._set(queue, {"RedrivePolicy": json.dumps(redrive), "Policy": policy})
        return queue

    async def handle(self, request: Request) -> Response:
        name = request.headers["x-amz-target"].removeprefix(TARGET)
        operation = self._operations.get(name, _unsupported)
        try:
            answer = await operation(request, await rest_json.read(request))
        except SqsError as error:
            return refused(error)
        except AwsError as error:
            return refused(SqsError(error.code, error.message))
        headers = {"x-amzn-RequestId": str(uuid4())}
        return Response(orjson.dumps(answer), 200, headers, "application/x-amz-json-1.0")

    def named(self, body: Mapping[str, Any]) -> Queue:
        """The queue of a request; its URL and its bare name will both do, as on AWS."""
        queue = self._queues.get(str(body.get("QueueUrl", "")).rpartition("/")[2])
        if queue is None:
            raise no_such_queue()
        return queue

    async def create(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        name = str(body.get("QueueName", ""))
        if name.endswith(".fifo"):
            raise SqsError("UnsupportedOperation", "The local double has standard queues only.")
        queue = self._queues.setdefault(name, Queue(name))
        self._set(queue, body.get("Attributes") or {})
        return {"QueueUrl": self._url(request, queue)}

    async def drop(self, _: Request, body: dict[str, Any]) -> dict[str, Any]:
        del self._queues[self.named(body).name]
        return {}

    async def url(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        queue = self._queues.get(str(body.get("QueueName")))
        if queue is None:
            raise no_such_queue()
        return {"QueueUrl": self._url(request, queue)}

    async def list(self, request: Request, body: dict[str, Any]) -> dict[str, Any]:
        prefix = body.get("QueueNamePrefix") or ""
        found = [q for q in self._queues.values() if q.name.startswith(prefix)]
        return {"QueueUrls": [self._url(request, queue) for queue in found]}

    async def attributes(self, _: Request, body: dict[str, Any]) -> dict[str, Any]:
        queue = self.named(body)
        visible, in_flight, delayed = queue.counts()
        shown = queue.attributes | {
            "QueueArn": ARN + queue.name,
            "ApproximateNumberOfMessages": str(visible),
            "ApproximateNumberOfMessagesNotVisible": str(in_flight),
            "ApproximateNumberOfMessagesDelayed": str(delayed),
        }
        wanted = body.get("AttributeNames") or ()
        found = {k: v for k, v in shown.items() if v and ("All" in wanted or k in wanted)}
        return {"Attributes": found}

    async def set_attributes(self, _: Request, body: dict[str, Any]) -> dict[str, Any]:
        self._set(self.named(body), body.get("Attributes") or {})
        return {}

    async def purge(self, _: Request, body: dict[str, Any]) -> dict[str, Any]:
        self.named(body).purge()
        return {}

    def _url(self, request: Request, queue: Queue) -> str:
        return f"{request.base_url}{ACCOUNT}/{queue.name}"

    def _set(self, queue: Queue, attributes: Mapping[str, str]) -> None:
        queue.attributes |= {"LastModifiedTimestamp": str(int(time.time())), **attributes}
        if attributes.get("RedrivePolicy") == "":
            queue.redrive = None
        if policy := attributes.get("RedrivePolicy"):
            wanted = json.loads(policy)
            dead = self._queues.get(wanted["deadLetterTargetArn"].removeprefix(ARN))
            if dead is None:
                raise no_such_queue()
            queue.redrive = Redrive(dead, int(wanted["maxReceiveCount"]))
