"""What the API's death, and a crowd of clients with one key, do to messages."""

import asyncio
import time
from collections import Counter
from itertools import cycle

import httpx

from tests.faults.evidence import Answer
from tests.faults.report import Report, at_least, equal
from tests.faults.run import Run, Size, experiment, let_pass
from tests.faults.system import System

_CROWD = 200
_MAY_BE = {202, 409, 422}


def api_dead_after_commit(system: System, seed: int, size: Size) -> Report:
    """8: the API ends after the commit, before the ring and the answer; clients try again."""
    with experiment(system, seed) as run:
        # A set is one commit, and a busy machine makes a set of all that the short form sends.
        crash = {"crash_at": f"after_commit:{max(size.messages // (30 * size.faults), 1)}"}
        system.restart("api", settings=crash)
        run.load.begin(size.messages, size.rate, within=180)
        deaths = 0
        while not run.is_sent():
            if not system.processes["api"].is_running:
                deaths += 1
                system.restart("api", settings=crash if deaths < size.faults else None)
            let_pass(0.05)
        evidence = run.seen(size.quiet)
        keys = len({answer.key for answer in evidence.answers})
        bars = [
            at_least("deaths", deaths, 1),
            equal("messages/keys", f"{len(evidence.stored)}/{keys}", f"{keys}/{keys}"),
        ]
        return run.report("8 API dies after the commit", evidence, bars)


def one_key_many_requests(system: System, seed: int, size: Size) -> Report:
    """9: 200 requests at one moment under one key, half of them with another body."""
    with experiment(system, seed) as run:
        answers = asyncio.run(_crowd(run))
        statuses = Counter(answer.status_code for answer in answers)
        ids = {answer.json()["id"] for answer in answers if answer.is_success}
        bodies = {answer.content for answer in answers if answer.is_success}
        run.load.journal.answers += [Answer("crowd", one, time.time()) for one in ids]
        evidence = run.seen(size.quiet)
        bars = [
            equal("messages", len(evidence.stored), 1),
            equal("answers", len(bodies), 1),
            equal("others", sorted(set(statuses) - _MAY_BE), []),
            at_least("of 200: 422", statuses[422], 1),
        ]
        return run.report("9 200 requests, one key", evidence, bars)


async def _crowd(run: Run) -> list[httpx.Response]:
    customer = run.customers[0]
    headers = customer.headers | {"idempotency-key": "crowd"}
    bodies = cycle({"to": ["success@simulator.amazonses.com"], "text": text} for text in "ab")
    limits = httpx.Limits(max_connections=_CROWD)
    async with httpx.AsyncClient(
        base_url=run.system.url, limits=limits, timeout=60, trust_env=False
    ) as client:
        asked = (
            client.post(customer.path, json=next(bodies), headers=headers) for _ in range(_CROWD)
        )
        return await asyncio.gather(*asked)
