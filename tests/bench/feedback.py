"""How many events of SES the status worker applies a second, beside an ORM session for each event.

The worker is the real one: it receives from a queue of SQS, ten letters a call, applies them with
recipients, events and deliveries at the database's default durability, and deletes them. Measured
is when letters are deleted, without the first and the last tenth of them. The ORM way, in a process
of its own and in turns with it, has no queue to read, so the ratio is more than fair to it.

A third way is the worker's own `parse` and `apply` without the queue, which tells what the queue
costs.
"""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from multiprocessing import get_context

import httpx
import sqlalchemy as sa

from common.db import make_engine
from common.models import Message
from common.settings import Settings
from deploy.local import ports
from tests.bench import feedback_orm, feedback_sets
from tests.bench.feedback_letters import letters
from tests.bench.ground import installation, process
from tests.bench.measure import ROUNDS, Bar, Figure, ratios
from tests.bench.send_rows import beside, fill, owners
from tests.bench.send_watch import Rate, told, watched
from tests.waiting import eventually

# Letters of one turn.
BY_WORKER = 6000
BY_SETS = 3000
BY_ORM = 400
BAR = Bar(5000)
RATIO_BAR = Bar(12)
_A_PUT = 1000
# Joined in sets: a subquery for each message took longer than the statement's 30 s by statistics of
# when the tables were empty.
_APPLIED = sa.text("""
WITH told AS MATERIALIZED (
    SELECT e.message_id, e.type, count(*) AS deliveries
    FROM event e JOIN delivery d ON d.event_id = e.id GROUP BY e.message_id, e.type
), kept AS MATERIALIZED (
    SELECT message_id, count(*) AS events FROM feedback
    WHERE applied_at IS NOT NULL GROUP BY message_id
)
SELECT count(*) FROM message m
JOIN recipient r ON r.message_id = m.id AND r.status = m.status
JOIN told ON told.message_id = m.id AND told.type = 'message.' || m.status
JOIN kept ON kept.message_id = m.id
WHERE m.status IN ('delivered', 'bounced') AND told.deliveries = 1 AND kept.events = 1
""")


def main() -> list[Figure]:
    """The rate of the worker, beside the ORM way's, and that of the sets alone."""
    worker, sets, orm = _rounds()
    rates = [[one.a_second for one in way] for way in (worker, sets, orm)]
    return [
        Figure(
            "feedback by the worker, from queue to queue", tuple(rates[0]), "/s", BAR, told(worker)
        ),
        Figure(
            "the same beside an ORM session for each event",
            ratios(rates[0], rates[2]),
            bar=RATIO_BAR,
            told=f"ORM {told(orm)}",
        ),
        Figure("parse and apply alone, in sets", tuple(rates[1]), "/s", told=told(sets)),
    ]


def _rounds() -> tuple[list[Rate], list[Rate], list[Rate]]:
    """Of the worker, its sets alone and the ORM way, in turns."""
    with ExitStack() as stack:
        settings = installation(stack)
        (port,) = ports.free(1)
        stack.enter_context(process("tests.bench.feedback_sqs", str(port)))
        eventually(lambda: ports.answers(port), within=30)
        url = f"http://127.0.0.1:{port}"
        sqs = stack.enter_context(httpx.Client(base_url=url, trust_env=False, timeout=30))
        pool = stack.enter_context(ProcessPoolExecutor(2, get_context("spawn")))
        inboxes = owners(settings)
        worker, sets, orm = [], [], []
        for number in range(ROUNDS):
            some = fill(settings, inboxes, BY_WORKER + BY_SETS + BY_ORM, sent=True)
            worker.append(_worker(settings, sqs, port, some[:BY_WORKER]))
            rest = some[BY_WORKER:]
            sets.append(_driven(pool, feedback_sets.drive, settings, rest[:BY_SETS]))
            orm.append(_driven(pool, feedback_orm.drive, settings, rest[BY_SETS:]))
            _check_applied(settings, len(some) * (number + 1))
    return worker, sets, orm


def _worker(settings: Settings, sqs: httpx.Client, port: int, messages: list[Message]) -> Rate:
    bodies = letters(messages)
    for at in range(0, len(bodies), _A_PUT):
        sqs.post("/put", json=bodies[at : at + _A_PUT]).raise_for_status()
    here = beside(settings, port) | {
        "POSTROOM_FEEDBACK_QUEUE_URL": f"http://127.0.0.1:{port}/123456789012/feedback"
    }
    with process("services.status", **here) as child:
        return watched(sqs, child.pid, len(bodies))


def _driven(
    pool: ProcessPoolExecutor,
    drive: Callable[[Settings, list[str]], tuple[float, float]],
    settings: Settings,
    messages: list[Message],
) -> Rate:
    quiet = settings.model_copy(update={"log_level": "WARNING"})
    seconds, cpu = pool.submit(drive, quiet, letters(messages)).result()
    return Rate(len(messages) / seconds, cpu / len(messages))


def _check_applied(settings: Settings, count: int) -> None:
    """Each event once, whatever way; else the rate was of something else."""
    engine = make_engine(settings)
    with engine.begin() as connection:
        connection.execute(sa.text("ANALYZE message, recipient, event, delivery, feedback"))
        applied = connection.execute(_APPLIED).scalar_one()
    engine.dispose()
    if applied != count:
        raise AssertionError(f"{applied} of {count} were applied")
