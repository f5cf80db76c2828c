"""How the process is: for load balancers, orchestrators and Prometheus. No key is needed."""

import asyncio
from typing import Final

import sqlalchemy as sa
from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import Response

from services.api.dependencies import RuntimeDep
from services.api.problems import is_unavailable, stopping, unavailable
from services.api.responses import answer
from services.api.schemas.health import Alive, Ready

router = APIRouter(tags=["health"])

_PATIENCE_SECONDS: Final = 2.0


@router.get("/healthz", response_model=Alive)
async def healthz() -> Response:
    """The process is up. It asks nobody else: a restart would not bring a database back."""
    return answer({"status": "ok"})


@router.get("/readyz", response_model=Ready)
async def readyz(request: Request, runtime: RuntimeDep) -> Response:
    """Database and broker answer. Without the broker the state is `degraded`, and still 200: it
    only rings, so work is found a second later, and nothing is refused or lost. A process that is
    about to stop is not ready any more, and still serves.
    """
    if request.app.state.stopping.is_set():
        raise stopping()
    database, broker = await asyncio.gather(
        _answers(runtime.engine), asyncio.to_thread(runtime.broker_answers)
    )
    told = {"database": _word(database), "broker": _word(broker)}
    if not database:
        raise unavailable(told)
    return answer({"status": "ok" if broker else "degraded", **told})


@router.get("/metrics", response_class=Response)
async def metrics() -> Response:
    """For Prometheus."""
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)


def _word(answers: bool) -> str:
    return "ok" if answers else "unreachable"


async def _answers(engine: AsyncEngine) -> bool:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS), engine.connect() as connection:
            await connection.execute(sa.text("SELECT 1"))
    except Exception as error:
        if isinstance(error, TimeoutError) or is_unavailable(error):
            return False
        raise
    return True
