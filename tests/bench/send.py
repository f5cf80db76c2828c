"""How many messages one sender gets from queued to recorded a second, beside a bare boto3 loop.

SES answers after 50 ms; both have 32 threads, the same client of SES and a mail of the same size.
The sender claims, composes, asks for its place in the pace, starts, calls and records, with an
event and a delivery for each message, at the database's default durability; the loop only calls.

Both are measured at SES, in turns, without the first and the last tenth of the calls: starts and
ends are not the pace. A thread of the sender calls again only when its message is recorded, and at
the end of a turn every message must be.
"""

from contextlib import ExitStack

import httpx
import sqlalchemy as sa

from common.db import make_engine
from common.settings import Settings
from deploy.local import ports
from tests.bench.ground import installation, process
from tests.bench.measure import ROUNDS, Bar, Figure, ratios
from tests.bench.send_rows import beside, fill, owners
from tests.bench.send_watch import Rate, told, watched
from tests.waiting import eventually

COUNT = 2400  # messages of one turn
THREADS = 32
BAR = Bar(0.95)
_RECORDED = sa.text("""
SELECT count(*) FROM message m
WHERE send_state = 'done' AND status = 'sent' AND external_message_id IS NOT NULL
    AND 1 = (SELECT count(*) FROM event e JOIN delivery d ON d.event_id = e.id
             WHERE e.message_id = m.id AND e.type = 'message.sent')
""")


def main() -> list[Figure]:
    """The rate beside the bare loop's, and the CPU of a message."""
    bare, sender = _rounds()
    return [
        Figure(
            f"queued to recorded, {THREADS} threads, 50 ms SES, beside a bare boto3 loop",
            ratios([one.a_second for one in sender], [one.a_second for one in bare]),
            bar=BAR,
            told=f"{told(sender)}; bare {told(bare)}",
        ),
        Figure("CPU of a message", tuple(one.cpu * 1000 for one in sender), "ms"),
    ]


def _rounds() -> tuple[list[Rate], list[Rate]]:
    """Of the bare loop and of the sender, in turns."""
    with ExitStack() as stack:
        settings = installation(stack)
        (port,) = ports.free(1)
        stack.enter_context(process("tests.bench.send_ses", str(port)))
        eventually(lambda: ports.answers(port), within=30)
        url = f"http://127.0.0.1:{port}"
        ses = stack.enter_context(httpx.Client(base_url=url, trust_env=False))
        here = beside(settings, port) | {"POSTROOM_SENDER_THREADS": str(THREADS)}
        inboxes = owners(settings)
        bare, sender = [], []
        for number in range(ROUNDS):
            fill(settings, inboxes, COUNT)
            loop = "tests.bench.send_bare", str(COUNT), str(THREADS)
            with process(*loop, **here) as child:
                bare.append(watched(ses, child.pid, COUNT))
            with process("services.sender", **here) as child:
                sender.append(watched(ses, child.pid, COUNT))
                _check_recorded(settings, COUNT * (number + 1))
    return bare, sender


def _check_recorded(settings: Settings, count: int) -> None:
    """Each message once, with its event and its delivery; else the rate was of something else."""
    engine = make_engine(settings)

    def recorded() -> bool:
        with engine.connect() as connection:
            found: int = connection.execute(_RECORDED).scalar_one()
        return found == count

    eventually(recorded, within=10, what=f"{count} messages recorded")
    engine.dispose()
