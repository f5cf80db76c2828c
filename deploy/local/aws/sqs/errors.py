"""SQS refusals. botocore takes the old query code from a header, and the shape from `__type`."""

from uuid import uuid4

import orjson
from starlette.responses import Response


class SqsError(Exception):
    def __init__(self, code: str, message: str, query_code: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.query_code = query_code or code


def no_such_queue() -> SqsError:
    words = "The specified queue does not exist."
    return SqsError("QueueDoesNotExist", words, "AWS.SimpleQueueService.NonExistentQueue")


def refused(error: SqsError) -> Response:
    body = {"__type": f"com.amazonaws.sqs#{error.code}", "message": error.message}
    headers = {
        "x-amzn-RequestId": str(uuid4()),
        "x-amzn-query-error": f"{error.query_code};Sender",
    }
    return Response(orjson.dumps(body), 400, headers, "application/x-amz-json-1.0")
