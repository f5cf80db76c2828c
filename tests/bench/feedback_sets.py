"""The status worker's own way without its queue: parsed and applied in sets, in one process."""

import time

from common import logs
from common.db import make_engine
from common.settings import Settings
from services.status.apply import MOST, apply
from services.status.parse import parse


def drive(settings: Settings, bodies: list[str]) -> tuple[float, float]:
    """Takes all of them; seconds and CPU seconds of it."""
    logs.configure(settings, "status")
    engine = make_engine(settings)
    with engine.connect():
        began, cpu = time.perf_counter(), time.process_time()
    for at in range(0, len(bodies), MOST):
        apply(engine, [parse(one) for one in bodies[at : at + MOST]])
    spent = time.perf_counter() - began, time.process_time() - cpu
    engine.dispose()
    return spent
