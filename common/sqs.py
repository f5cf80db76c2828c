"""SQS as a worker calls it thousands of times a second: its JSON protocol, over `common.posts`.

Ten letters are two calls, which at a deep queue were most of what an event cost. Errors are
botocore's own.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html
"""

import json
from collections.abc import Sequence
from typing import Any, Final

import orjson
from botocore import exceptions as boto

from common.endpoint import Endpoint
from common.posts import Post, Posts
from common.settings import Settings
from common.signed import Answer

Members = dict[str, Any]
"""Of a request or an answer, by the names of SQS's API."""
AwsFailure = boto.BotoCoreError | boto.ClientError

AwsError: Final = (boto.BotoCoreError, boto.ClientError)

_OK: Final = 200
_JSON: Final = "application/x-amz-json-1.0"


class Sqs:
    """Safe to share between threads."""

    def __init__(self, settings: Settings, read_timeout: float, connections: int = 10) -> None:
        """At most `connections` calls at one time; `read_timeout` in seconds."""
        self._endpoint = Endpoint(settings, "sqs")
        self._posts = Posts(self._endpoint, read_timeout=read_timeout, connections=connections)

    def call(self, operation: str, members: Members) -> Members:
        """`call("ReceiveMessage", {"QueueUrl": ...})`. Raises `ClientError` where SQS refuses, and
        another `BotoCoreError` where there is no answer.
        """
        [told] = self.calls(operation, [members])
        if isinstance(told, AwsError):
            raise told
        return told

    def calls(self, operation: str, each: Sequence[Members]) -> list[Members | AwsFailure]:
        """The same side by side. Never raises: what `call` would is in the place of an answer."""
        try:
            posts = [self._post(operation, members) for members in each]
        except boto.BotoCoreError as error:
            return [error for _ in each]
        answers = self._posts.send(posts)
        return [self._told(operation, answer) for answer in answers]

    def _post(self, operation: str, members: Members) -> Post:
        body = orjson.dumps(members)
        headers = {"content-type": _JSON, "x-amz-target": f"AmazonSQS.{operation}"}
        return Post(self._endpoint.sign(headers, [body]), body)

    def _told(self, operation: str, answer: Answer | boto.BotoCoreError) -> Members | AwsFailure:
        if isinstance(answer, boto.BotoCoreError):
            return answer
        if answer.status != _OK:
            return _refusal(answer, operation)
        try:
            return _read(answer.data)
        except ValueError as error:
            return boto.ConnectionClosedError(endpoint_url=self._endpoint.url, error=error)

    def close(self) -> None:
        """Of all threads."""
        self._posts.close()


def name_of(error: AwsFailure) -> str:
    """For a log: SQS's code where it has refused, else what went wrong on the way."""
    if isinstance(error, boto.ClientError):
        return error.response["Error"]["Code"]
    return type(error).__name__


def _refusal(answer: Answer, operation: str) -> boto.ClientError:
    """By the code that boto3 shows: the old one, which a header has, or else the new one's."""
    try:
        told = _read(answer.data)
    except ValueError:
        told = {}
    code = answer.headers.get("x-amzn-query-error", "").partition(";")[0]
    code = code or str(told.get("__type", answer.status)).rpartition("#")[2]
    words = str(told.get("message") or told.get("Message") or "")
    return boto.ClientError({"Error": {"Code": code, "Message": words}}, operation)


def _read(data: bytes) -> Members:
    """What orjson refuses (half a surrogate pair in a letter, say) must not hold up nine others.
    Raises ValueError for what is no object of JSON.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        value = json.loads(data)
    if not isinstance(value, dict):
        raise json.JSONDecodeError("not an object", "", 0)
    return value
