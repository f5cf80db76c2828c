"""Received mail as it came, read from S3 while it is given on: no process holds 40 MB for anybody.

boto3 blocks, so each piece is read in a thread of a few that are for this alone. Nothing is
connected before somebody asks.
"""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from common import aws, logs
from common.settings import Settings
from services.api.patient import patient
from services.api.problems import RETRY_SECONDS, Problem, not_found

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

THREADS: Final = 8
PIECE: Final = 256 * 1024
_CONNECT_SECONDS: Final = 3.0
_READ_SECONDS: Final = 8.0

log = logs.get(__name__)


class Place(NamedTuple):
    """Where a mail lies; `models.RawMail`."""

    bucket: str
    key: str


class Mail(NamedTuple):
    """One that has begun to come. `size`: bytes."""

    body: "StreamingBody"
    size: int


class RawMailStore:
    """Of one process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="raw-mail")

    async def open(self, place: Place) -> Mail:
        """Problem 404 `raw_not_found` where it is not kept any more, 503 where S3 does not give it
        out now.
        """
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool, self._open, place)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code == "NoSuchKey":
                raise not_found("raw") from None
            raise _away(code) from None
        except (BotoCoreError, OSError) as error:
            raise _away(type(error).__name__) from None

    async def pieces(self, mail: Mail) -> AsyncIterator[bytes]:
        """All of it; an error breaks the answer off, so that it does not look complete."""
        loop = asyncio.get_running_loop()
        while piece := await loop.run_in_executor(self._pool, mail.body.read, PIECE):
            yield piece

    def close(self) -> None:
        """No answer is under way by now."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    @cached_property
    def _s3(self) -> "S3Client":
        return aws.client(
            self._settings,
            "s3",
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            connections=THREADS,
        )

    def _open(self, place: Place) -> Mail:
        answer = self._s3.get_object(Bucket=place.bucket, Key=place.key)
        return Mail(answer["Body"], answer["ContentLength"])


class RawMail(StreamingResponse):
    """The answer. Whoever takes nothing of it for a minute is gone, and S3 is let go of."""

    def __init__(self, store: RawMailStore, mail: Mail, headers: dict[str, str]) -> None:
        length = {"content-length": str(mail.size)}
        super().__init__(store.pieces(mail), headers=headers | length, media_type="message/rfc822")
        self._mail = mail

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with suppress(TimeoutError):
                await super().__call__(scope, receive, patient(send))
        finally:
            self._mail.body.close()


def _away(reason: str) -> Problem:
    log.warning("raw_mail.unavailable", reason=reason)
    words = "The store of received mail does not answer now. Try again soon."
    return Problem(503, "unavailable", words, headers={"retry-after": str(RETRY_SECONDS)})
