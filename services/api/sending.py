"""Sending and replying, from the checked request to the answer.

    look up (inbox, key) -> write the letter -> count -> accept -> answer [-> wait]

What is refused on the way has changed nothing and not counted. An answer that the key has had is
given again before anything else is asked, also to one who is over the limit.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import orjson
import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import Response

from common import ids, logs, resources, tracing
from services.api import responses
from services.api.accept import Outcome
from services.api.dependencies import Caller, Runtime
from services.api.drafts import STATUS, Draft, Letter, Origin, draft
from services.api.idempotency import Claimed, find
from services.api.keyring import PATIENCE_SECONDS
from services.api.limits import Window
from services.api.lookup import Question
from services.api.messages import get_message
from services.api.metering import ACCEPTED, SECONDS, stand
from services.api.once import in_flight
from services.api.problems import Problem, not_found
from services.api.schemas.messages import MOST_BYTES

LONGEST_WAIT: Final = 30
_POLL_SECONDS: Final = 0.1
_TRIES: Final = 3
_WAIT: Final = re.compile(r'(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?=[,;]|$)', re.IGNORECASE)

log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class Errand:
    """A request to send something from an inbox. `write` makes the letter, or a Problem."""

    runtime: Runtime
    request: Request
    caller: Caller
    inbox_id: UUID
    claimed: Claimed | None
    write: Callable[[Origin], Awaitable[Letter]]


async def send(errand: Errand) -> Response:
    """The answer to a send or a reply."""
    began = time.perf_counter()
    patience: float = errand.request.state.patience
    async with asyncio.timeout(patience):
        accepted = await _accepted(errand)
    if isinstance(accepted, Response):
        return accepted
    to_know_the_caller = PATIENCE_SECONDS - patience
    SECONDS.observe(to_know_the_caller + time.perf_counter() - began)
    ACCEPTED.inc()
    tracing.note(message_id=accepted.id, organization_id=errand.caller.organization_id)
    message_id = ids.encode(ids.MESSAGE, accepted.id)
    errand.request.state.outcome = ("message.accepted", {"message_id": message_id})
    return await _answer(errand, accepted)


async def _accepted(errand: Errand) -> Draft | Response:
    """What is committed now, or the answer that was given before."""
    ready = await _prepare(errand)
    if isinstance(ready, Response):
        return ready
    async with errand.runtime.limiter.take(errand.caller) as window:
        stand(errand.request, window)
        if not window.granted:
            raise _too_many(window)
        return await _accept(errand, ready)


async def _prepare(errand: Errand, *, afresh: bool = False) -> Draft | Response:
    """The draft, or the answer that was given before."""
    caller, claimed = errand.caller, errand.claimed
    key = claimed.key if claimed else None
    question = Question(caller.organization_id, errand.inbox_id, key)
    known = await errand.runtime.accept.look(question, afresh=afresh)
    if claimed and known.answered and (replay := await _replay(errand.runtime, claimed)):
        return replay
    if known.origin is None:
        raise not_found("inbox")
    if caller.paused:
        raise Problem(403, "organization_paused", caller.paused)
    letter = await errand.write(known.origin)
    if letter.content.mime_bytes > MOST_BYTES:
        words = f"The message would have more than the {MOST_BYTES} bytes that Amazon SES takes."
        raise Problem(413, "message_too_large", words)
    return draft(letter, errand.request.state.request_id, claimed)


async def _replay(runtime: Runtime, claimed: Claimed) -> Response | None:
    async with runtime.engine.connect() as connection:
        return await find(connection, claimed)


def _too_many(window: Window) -> Problem:
    return Problem(
        429,
        "rate_limit_exceeded",
        f"Your organization may send {window.limit} messages an hour.",
        headers={"retry-after": str(window.reset_seconds)},
    )


async def _accept(errand: Errand, ready: Draft) -> Draft | Response:
    """Between the look-up and the writing the inbox may have changed, or the key been used."""
    for _ in range(_TRIES):
        if await errand.runtime.accept.submit(ready) is Outcome.ACCEPTED:
            return ready
        again = await _prepare(errand, afresh=True)
        if isinstance(again, Response):
            return again
        ready = again
    raise in_flight()


async def _answer(errand: Errand, accepted: Draft) -> Response:
    seconds = _wait_of(errand.request)
    if not seconds:
        return responses.raw(accepted.answer, STATUS)
    body = await _left_queue(errand, accepted, seconds)
    return responses.raw(body, STATUS, {"preference-applied": f"wait={seconds}"})


def _wait_of(request: Request) -> int:
    """Seconds of `Prefer: wait=N` (RFC 7240 section 4.3); what cannot be read is not preferred."""
    preferred = _WAIT.search(",".join(request.headers.getlist("prefer")))
    return min(int(preferred.group(1)), LONGEST_WAIT) if preferred else 0


async def _left_queue(errand: Errand, accepted: Draft, seconds: int) -> bytes:
    """The message when it is no longer queued, or as it is when the time is over. It is accepted
    in any case, so a database that went away in between is no error.
    """
    until = time.monotonic() + seconds
    try:
        while time.monotonic() < until:
            await asyncio.sleep(_POLL_SECONDS)
            async with errand.runtime.engine.connect() as connection:
                status = await connection.scalar(_STATUS, {"id": accepted.id})
            if status != "queued":
                return await _as_it_is(errand, accepted)
    except (sa.exc.SQLAlchemyError, OSError) as error:
        log.warning("send.wait_broken", error=type(error).__name__)
    return accepted.answer


_STATUS: Final = sa.text("SELECT status FROM message WHERE id = :id")
_KEEP: Final = sa.text("""
UPDATE idempotency SET body = :body WHERE organization_id = :organization_id AND key = :key
""")


async def _as_it_is(errand: Errand, accepted: Draft) -> bytes:
    """What the caller gets is what its key has to give again."""
    async with errand.runtime.engine.begin() as connection:
        caller = errand.caller.organization_id
        row = await get_message(connection, caller, errand.inbox_id, accepted.id)
        body = orjson.dumps(resources.message(row))
        if errand.claimed:
            key = {"organization_id": caller, "key": errand.claimed.key}
            await connection.execute(_KEEP, key | {"body": body})
    return body
