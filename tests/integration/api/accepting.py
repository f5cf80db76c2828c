"""Acceptors outside of the API, and drafts for them."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from common.db import make_async_engine
from common.settings import Settings
from services.api import accept
from services.api.accept import Acceptor, Outcome
from services.api.drafts import Draft, Letter, Origin, Parent, destinations, draft
from services.api.idempotency import Claimed
from services.api.schemas.messages import NewAttachment, NewMessage
from tests.integration.api.mailing import JANE

T = TypeVar("T")
NEW = NewMessage.model_validate_json(f'{{"to": ["{JANE}"], "text": "Hello", "subject": "Hi"}}')
FILE = NewAttachment.model_validate_json('{"content": "QQ==", "name": "a.txt"}')


def written(
    origin: Origin, key: str | None = None, parent: Parent | None = None, new: NewMessage = NEW
) -> Draft:
    claimed = Claimed(origin.organization_id, key, "print") if key else None
    return draft(Letter(origin, new, destinations(new.to), "Hi", parent), "req_1", claimed)


def within(settings: Settings, use: Callable[[Acceptor], Awaitable[T]]) -> tuple[T, list[str]]:
    """What `use` gives, and the rings that there were."""

    async def run() -> tuple[T, list[str]]:
        rung: list[str] = []
        engine = make_async_engine(settings)
        acceptor = accept.make(engine, rung.append)
        try:
            return await use(acceptor), rung
        finally:
            await acceptor.close()
            await engine.dispose()

    return asyncio.run(run())


def submitted(settings: Settings, *drafts: Draft) -> tuple[list[Outcome], list[str]]:
    async def use(acceptor: Acceptor) -> list[Outcome]:
        return list(await asyncio.gather(*(acceptor.submit(one) for one in drafts)))

    return within(settings, use)
