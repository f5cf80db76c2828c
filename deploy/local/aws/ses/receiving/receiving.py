"""`POST /inbound?to=...`: a mail comes in. Its bytes are the body, as they are in an `.eml`."""

from collections.abc import Awaitable, Callable

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.local.aws.sentences import refusal, sentence
from deploy.local.aws.ses.receiving.asked import Asked
from deploy.local.aws.ses.receiving.incoming import MOST_BYTES, Incoming
from deploy.local.aws.ses.receiving.received import NAME, notification
from deploy.local.aws.ses.receiving.stamps import stamped


class Receiving:
    def __init__(
        self,
        store: Callable[[str, str, bytes], Awaitable[None]],
        put: Callable[[str], object],
    ) -> None:
        self._store = store
        self._put = put

    async def take(self, mail: Incoming, duplicates: int = 0) -> None:
        """Into the bucket first: who is told of a mail may fetch it at once."""
        await self._store(NAME, mail.message_id, stamped(mail))
        body = notification(mail)
        for _ in range(1 + duplicates):
            self._put(body)

    async def inbound(self, request: Request) -> Response:
        raw = await _body(request)
        if raw is None:
            return refusal(f"The mail is larger than {MOST_BYTES} bytes.")
        try:
            asked = Asked.of(request.query_params)
        except ValidationError as error:
            return sentence(error)
        mail = asked.mail(raw)
        await self.take(mail, asked.duplicates)
        return JSONResponse({"messageId": mail.message_id, "recipients": mail.recipients})

    def routes(self) -> list[Route]:
        return [Route("/inbound", self.inbound, methods=["POST"])]


async def _body(request: Request) -> bytes | None:
    """None for one that is too large. It is read to its end all the same: a caller who is cut off
    while he writes would see a broken connection instead of the reason.
    """
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size <= MOST_BYTES:
            parts.append(part)
        else:
            parts.clear()
    return b"".join(parts) if size <= MOST_BYTES else None
