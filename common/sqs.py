"""SQS as a worker calls it thousands of times a second: its JSON protocol (`common.signed`).

Ten letters are two calls, which at a deep queue were most of what an event cost. Errors are
botocore's own.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html
"""

import json
from typing import Any, Final

import orjson
from botocore import exceptions as boto

from common.settings import Settings
from common.signed import Answer, Signed

Members = dict[str, Any]
"""Of a request or an answer, by the names of SQS's API."""

AwsError: Final = (boto.BotoCoreError, boto.ClientError)

_OK: Final = 200
_JSON: Final = "application/x-amz-json-1.0"


class Sqs:
    """Safe to share between threads."""

    def __init__(self, settings: Settings, read_timeout: float, connections: int = 10) -> None:
        """At most `connections` calls at one time; `read_timeout` in seconds."""
        self._signed = Signed(settings, "sqs", read_timeout=read_timeout, connections=connections)

    def call(self, operation: str, members: Members) -> Members:
        """`call("ReceiveMessage", {"QueueUrl": ...})`. Raises `ClientError` where SQS refuses, and
        another `BotoCoreError` where there is no answer.
        """
        body = [orjson.dumps(members)]
        headers = {"content-type": _JSON, "x-amz-target": f"AmazonSQS.{operation}"}
        answer = self._signed.send(self._signed.sign(headers, body), body)
        if answer.status != _OK:
            raise _refusal(answer, operation)
        try:
            return _read(answer.data)
        except ValueError as error:
            raise boto.ConnectionClosedError(endpoint_url=self._signed.url, error=error) from None

    def close(self) -> None:
        """Of all threads."""
        self._signed.close()


def name_of(error: boto.BotoCoreError | boto.ClientError) -> str:
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
