"""The application: what is wired at its start, which routes it has, who turns errors to answers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException

from common import logs
from common.db import OF_THE_API, Patience, make_async_engine
from common.settings import Settings
from common.vault import Vault, VaultError
from services.api import accept, openapi, problems
from services.api.dependencies import Runtime
from services.api.edge import Edge
from services.api.keyring import Keyring
from services.api.limits import Limiter
from services.api.problems import Problem
from services.api.raw_mail import RawMailStore
from services.api.ring import Ringer
from services.api.routes import (
    api_keys,
    attempts,
    events,
    health,
    inboxes,
    labels,
    messages,
    raw,
    replay,
    setup as setup_routes,
    threads,
    wait,
    webhooks,
)
from services.api.search import Indexer
from services.api.setup import Setup
from services.api.shortcut import Shortcut
from services.api.wait import Waits
from services.api.watch import Watch

log = logs.get(__name__)

_ROOMS: Final = (
    messages,
    raw,
    threads,
    labels,
    wait,
    inboxes,
    webhooks,
    attempts,
    replay,
    api_keys,
    events,
    setup_routes,
    health,
)

# Spans are ours (`common.tracing`). FastAPI's own, which one variable would turn on, tell paths
# and the words of exceptions.
_NONE: Final[TelemetryConfig] = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "auto_configure": False,
}

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create(settings: Settings, patience: Patience = OF_THE_API) -> FastAPI:
    """The API of one installation. Nothing is connected before its lifespan begins."""
    app = FastAPI(
        title="Postroom",
        telemetry=_NONE,
        lifespan=_lifespan(settings, patience),
        redirect_slashes=False,  # a redirect is no problem+json, and loses the body
        docs_url=None,
        redoc_url=None,
        openapi_url=None,  # services.api.openapi serves it
    )
    app.state.stopping = asyncio.Event()  # services.api.server says when
    app.add_middleware(Shortcut, routes=messages.router.routes)
    app.add_middleware(Edge, max_body_bytes=settings.max_body_bytes)
    for kind in (Problem, HTTPException, RequestValidationError):
        app.add_exception_handler(kind, problems.handle)
    for room in _ROOMS:
        # Not `include_router`: every request would be matched against each router before its
        # routes (measured: 160 us instead of 20 us of a request that has 43 us in all).
        app.router.routes.extend(room.router.routes)
    openapi.install(app)
    return app


def _lifespan(settings: Settings, patience: Patience) -> Lifespan:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as opened:
            app.state.runtime = await _open(app, settings, patience, opened)
            log.info("api.started")
            yield
        log.info("api.stopped")

    return lifespan


async def _open(
    app: FastAPI, settings: Settings, patience: Patience, opened: AsyncExitStack
) -> Runtime:
    """The parts, each closed in the opposite order. No part needs its server to be up by now."""
    vault = _vault(settings)
    engine = make_async_engine(settings, patience=patience)
    opened.push_async_callback(engine.dispose)
    ringer = Ringer(settings)
    opened.push_async_callback(ringer.close)
    limiter = Limiter(settings, engine)
    opened.push_async_callback(limiter.close)
    acceptor = accept.make(engine, ringer.ring)
    opened.push_async_callback(acceptor.close)
    indexer = Indexer(engine, settings)
    indexer.start()
    opened.push_async_callback(indexer.close)
    watch = Watch(engine, app.state.stopping)
    opened.push_async_callback(watch.close)
    waits = Waits(settings, engine, app.state.stopping)
    opened.push_async_callback(waits.close)
    raw_mail = RawMailStore(settings)
    opened.callback(raw_mail.close)
    return Runtime(
        settings=settings,
        engine=engine,
        keyring=Keyring(settings, engine),
        ring=ringer.ring,
        broker_answers=ringer.answers,
        accept=acceptor,
        limiter=limiter,
        vault=vault,
        watch=watch,
        waits=waits,
        raw_mail=raw_mail,
        setup=Setup(settings, engine, ringer.answers),
    )


def _vault(settings: Settings) -> Vault:
    """The log carries no exception's words, so these are said: they hold no key."""
    try:
        return Vault.of(settings)
    except VaultError as error:
        log.error("api.refused", reason=str(error))  # noqa: TRY400 - its frames tell nothing
        raise
