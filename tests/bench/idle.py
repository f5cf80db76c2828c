"""How long one message takes through a system that has nothing else to do.

Messages come one at a time, at irregular pauses, so that each finds every process asleep, at any
moment of whatever it does by the clock. Measured are the two ways on which somebody must be woken:

    from the 202, as its client sees it, to the call of SES
    from the event of SES in the queue to the POST of the webhook at its endpoint

All clocks are the machine's one.
"""

import random
import time
from contextlib import ExitStack
from http.client import HTTPConnection
from statistics import median
from typing import Final

import orjson

from deploy.local.ports import LOOPBACK
from tests.bench.accept_ground import BODY
from tests.bench.idle_ground import Moments, System, system
from tests.bench.measure import ROUNDS, Bar, Figure, percentile

MESSAGES: Final = 40  # of one round
WARM_MESSAGES: Final = 5
PAUSES: Final = (0.15, 0.25)  # seconds, from one answer to the next request
SEED: Final = 6
SENT_BAR: Final = Bar(15, at_least=False)  # all in milliseconds
SENT_P99_BAR: Final = Bar(60, at_least=False)
TOLD_BAR: Final = Bar(25, at_least=False)


def main() -> list[Figure]:
    """From accepted to SES, and from SES to the webhook."""
    with ExitStack() as stack:
        here = system(stack)
        dice = random.Random(SEED)  # noqa: S311 - the same pauses each time, no secret
        _round(here, dice, WARM_MESSAGES)
        rounds = [_round(here, dice, MESSAGES) for _ in range(ROUNDS)]
    sent, told = zip(*rounds, strict=True)
    return [
        _figure("accepted to SES call, p50", sent, 0.5, SENT_BAR),
        _figure("accepted to SES call, p99", sent, 0.99, SENT_P99_BAR),
        _figure("SES event to webhook POST, p50", told, 0.5, TOLD_BAR),
        _figure("SES event to webhook POST, p99", told, 0.99, None),
    ]


def _figure(name: str, rounds: tuple[list[float], ...], part: float, bar: Bar | None) -> Figure:
    values = tuple(percentile(one, part) for one in rounds)
    every = [took for one in rounds for took in one]
    span = f"{min(every):.0f}, {median(every):.0f}, {max(every):.0f} ms"
    told = f"{MESSAGES} a round; least, middle, most of all {len(every)}: {span}"
    return Figure(f"idle: {name}", values, "ms", bar, told)


def _round(here: System, dice: random.Random, count: int) -> tuple[list[float], list[float]]:
    """Milliseconds of each message, of both ways."""
    accepted = _send(here, dice, count)
    posted = here.posted(count)
    called, reported = here.called(), here.reported()
    return (
        [(called[one] - at) * 1000 for one, at in accepted.items()],
        [(posted[one] - reported[one]) * 1000 for one in accepted],
    )


def _send(here: System, dice: random.Random, count: int) -> Moments:
    """When the 202 of each message was seen."""
    headers = {"Authorization": f"Bearer {here.sender.key}", "Content-Type": "application/json"}
    connection = HTTPConnection(LOOPBACK, here.api)
    seen: Moments = {}
    for _ in range(count):
        time.sleep(dice.uniform(*PAUSES))
        connection.request("POST", here.sender.path, BODY, headers)
        answer = connection.getresponse()
        at, body = time.time(), answer.read()
        if answer.status != 202:
            raise RuntimeError(body.decode())
        seen[orjson.loads(body)["id"]] = at
    connection.close()
    return seen
