"""Refusals in the words of AWS, so that boto3 raises its modeled exceptions.

AwsError
├── BadRequest   the request itself is wrong
└── NotFound     what it names does not exist
"""

from http import HTTPStatus


class AwsError(Exception):
    """A refusal of SES v2, with the code botocore knows it by."""

    def __init__(self, code: str, message: str, status: int = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


class BadRequest(AwsError):  # noqa: N818 - AWS's own name
    def __init__(self, message: str) -> None:
        super().__init__("BadRequestException", message)


class NotFound(AwsError):  # noqa: N818 - AWS's own name
    def __init__(self, message: str) -> None:
        super().__init__("NotFoundException", message, HTTPStatus.NOT_FOUND)
