"""`python -m tests.faults.broken BREAK services.X`: the service with one promise taken out.

Experiments must fail on each of these. The break is made in this process alone, by changing the
product's modules before its own `main` runs.
"""

import asyncio
import importlib
import sys
from contextlib import suppress
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any, Final

import sqlalchemy as sa


def record_before_ses() -> None:
    """A message is `done` when it is given to SES, not when SES has it."""
    from common import clock, crash  # noqa: PLC0415 - of the process that is to be broken
    from common.tracking import Sighting  # noqa: PLC0415
    from services.sender import send  # noqa: PLC0415
    from services.sender.jobs import Result  # noqa: PLC0415

    call = send.Sender._call

    async def early(self: send.Sender, claimed: Any, *how: Any) -> Any:
        sent = Sighting(claimed.id, "sent", clock.now())
        await self.record([Result(claimed, sent, "done")])
        crash.at("after_ses_accept")  # or so it thinks
        return await call(self, claimed, *how)

    send.Sender._call = early  # type: ignore[method-assign, assignment]
    vars(send)["crash"] = SimpleNamespace(at=lambda *_: None)


def claim_without_fencing() -> None:
    """Who has claimed a message once sends and records it, whoever has it now."""
    from services.sender import jobs  # noqa: PLC0415

    start = jobs.Jobs.start
    take = sa.text("""
        UPDATE message SET send_state = 'queued', lease_token = :token,
            lease_until = now() + interval '1 minute' WHERE id = :id
    """)

    def start_regardless(self: jobs.Jobs, claims: list[jobs.Claimed]) -> list[int | None]:
        with self._engine.begin() as connection:
            connection.execute(take, [{"id": one.id, "token": one.token} for one in claims])
        return start(self, claims)

    jobs.Jobs.start = start_regardless  # type: ignore[method-assign]
    jobs._is_ours = lambda result, tracked: result.claimed.id in tracked


def retries_of_a_call() -> None:
    """What gets no answer, or a bad one, is sent again, as boto3 does of itself."""
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415

    from common.endpoint import Body  # noqa: PLC0415
    from common.signed import Answer, Signed  # noqa: PLC0415

    send = Signed.send

    async def thrice(self: Signed, signed: Any, body: Body) -> Answer:
        for _ in range(2):
            with suppress(BotoCoreError):
                answer = await send(self, signed, body)
                if answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
                    return answer
        return await send(self, signed, body)

    Signed.send = thrice  # type: ignore[method-assign]


def ring_before_commit() -> None:
    """The sender is woken for a message that is not there yet: the commit takes a moment."""
    from common import queue  # noqa: PLC0415
    from services.api.accept import Acceptor  # noqa: PLC0415

    write_set = Acceptor._write_set

    async def early(self: Acceptor, drafts: Any) -> Any:
        ring, self._ring = self._ring, lambda _: None
        ring(queue.SENDER)
        await asyncio.sleep(0.5)
        outcomes = await write_set(self, drafts)
        asyncio.get_running_loop().call_soon(setattr, self, "_ring", ring)
        return outcomes

    Acceptor._write_set = early  # type: ignore[method-assign]


BREAKS: Final = {
    one.__name__: one
    for one in (record_before_ses, claim_without_fencing, retries_of_a_call, ring_before_commit)
}


if __name__ == "__main__":
    _, name, service = sys.argv
    BREAKS[name]()
    importlib.import_module(f"{service}.__main__").main()
