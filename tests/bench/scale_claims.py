"""A claim of the sender's, of a big and of a small database in turns.

waiting    as it is, with all that waits in its place; what is claimed is given back in between
drained    behind a quarter of it that was sent, and that no vacuum has taken away yet
"""

import time
from typing import Final

import sqlalchemy as sa

from common.db import make_engine
from common.settings import Settings
from services.sender.jobs import Jobs
from tests.bench.measure import ROUNDS
from tests.bench.scale_reads import Both, both_of

VISITS: Final = 60  # of one round
A_CLAIM: Final = 64
_LEASE_SECONDS: Final = 60
_A_SET: Final = 5000
_WAITING: Final = sa.text("SELECT count(*) FROM message WHERE send_state = 'queued'")
_SEND: Final = sa.text("""
UPDATE message SET send_state = 'done' WHERE id IN (
    SELECT id FROM message WHERE send_state = 'queued' ORDER BY organization_id, due_at LIMIT :most
)
""")


def claims(big: Settings, small: Settings) -> tuple[Both, Both]:
    """Waiting, and drained."""
    engines = [make_engine(settings) for settings in (big, small)]
    waiting = _claims(engines)
    for engine in engines:
        _drain(engine)
    drained = _claims(engines)
    for engine in engines:
        engine.dispose()
    return waiting, drained


def _drain(engine: sa.Engine) -> None:
    """In sets, as no statement of a worker's may take half a minute."""
    with engine.connect() as connection:
        left: int = connection.execute(_WAITING).scalar_one() // 4
        while left > 0:
            connection.execute(_SEND, {"most": min(left, _A_SET)})
            connection.commit()
            left -= _A_SET


def _claims(engines: list[sa.Engine]) -> Both:
    jobs = [Jobs(engine, _LEASE_SECONDS, "email.amazonses.com") for engine in engines]
    first, *rounds = [
        [[_claim(one) for one in jobs] for _ in range(VISITS)] for _ in range(1 + ROUNDS)
    ]
    return both_of(first, rounds)


def _claim(jobs: Jobs) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    claimed = jobs.claim(A_CLAIM)
    took = (time.perf_counter() - began) * 1000
    if len(claimed) != A_CLAIM:
        raise RuntimeError(f"claimed {len(claimed)}")
    jobs.give_back(claimed)
    return took
