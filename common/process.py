"""How every process of Postroom begins."""

import gc

from common import crash, logs, memory, tracing
from common.settings import Settings


def begin(settings: Settings, service: str) -> None:
    """Logs and traces under the service's name, crash points for tests, and a collector that leaves
    in peace what was imported, as that stays to the end, and does not look after every 700 objects:
    a seventh of an accept's CPU (tests/bench).
    """
    memory.give_back()
    logs.configure(settings, service)
    crash.arm(settings)
    tracing.begin(settings, service)
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    gc.enable()
