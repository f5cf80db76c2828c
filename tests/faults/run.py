"""One experiment's own part of a system: its customers, their clients, their endpoint, its ledger.

with experiment(system, seed) as run:
    run.load.begin(100, rate=50, within=60)
    ...                                       # faults
    report = run.report("kill -9", seed)      # clients done, everything quiet
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from tests.faults import ledger, sink, witnesses
from tests.faults.customers import Customer, customers, subscribe
from tests.faults.double import Mark
from tests.faults.evidence import Evidence
from tests.faults.load import Load
from tests.faults.report import Bar, Report, at_most, equal
from tests.faults.sink import Sink
from tests.faults.system import System
from tests.waiting import eventually

CUSTOMERS: Final = 3
_LOOK_SECONDS: Final = 0.25
_CALM_SECONDS: Final = 2.0
_RETRY_SECONDS: Final = 5.0


def let_pass(seconds: float) -> None:
    """How long a fault lasts: the one thing here that is waited for by the clock."""
    time.sleep(seconds)


def reached(figure: Callable[[], float], wanted: float, within: float = 30) -> float:
    """The figure, once it is as much as is wanted, or when the time is over."""
    ends = time.monotonic() + within
    while (value := figure()) < wanted and time.monotonic() < ends:
        let_pass(_LOOK_SECONDS)
    return value


@dataclass(frozen=True, slots=True)
class Size:
    """How much of it. `quiet`: seconds in which everything must come to its end."""

    messages: int
    rate: float
    quiet: float
    faults: int
    """How often it strikes."""
    kills: int
    """Of a sender: each costs a lease and a grace, and nothing else strikes meanwhile."""
    outage: float
    """Seconds that something is away."""
    slack: float = 0
    """Seconds that the bars of time allow beside: short forms share the machine with other tests,
    and nothing of `make test` hangs on its speed."""


SHORT: Final = Size(messages=20, rate=40, quiet=30, faults=1, kills=1, outage=0.5, slack=15)
# At 50 a second all of it together takes 1.7 of 2 cores, and a slower machine makes queues that no
# fault has made (facts.md section 6: "lower the rate if 2 cores saturate").
LONG: Final = Size(messages=2000, rate=30, quiet=90, faults=10, kills=20, outage=60)


@dataclass(frozen=True, slots=True)
class Run:
    system: System
    seed: int
    customers: list[Customer]
    load: Load
    sink: Sink
    began: Mark
    dice: random.Random

    def is_sent(self) -> bool:
        """Every client has had its answer, and every message its end."""
        if not self.load.is_over():
            return False
        with witnesses.rows(self.system.database_url, self.whose) as rows:
            return not rows.undone()

    def until_under_way(self, count: int = 1) -> None:
        """So many messages are with SES at this moment, in somebody's call."""
        with witnesses.rows(self.system.database_url, self.whose) as rows:
            eventually(lambda: rows.sending() >= count, 10, "messages under way")

    def seen(self, within: float) -> Evidence:
        """When the clients are done and everything is quiet."""
        self.load.finish()
        return self.quiet(within)

    def quiet(self, within: float) -> Evidence:
        """What was seen once nothing is under way any more, or when the time is over."""
        now = began = retried = busy = time.monotonic()
        while now - began < within:
            if not self._is_idle():
                busy = now
            elif ledger.balance(self.evidence()).is_clean() or now - busy > _CALM_SECONDS:
                # What is still wrong after so long will stay so: nobody works on it.
                break
            if now - retried > _RETRY_SECONDS:
                retried = now
                self._let_due()
            let_pass(_LOOK_SECONDS)
            now = time.monotonic()
        return self.evidence()

    def _let_due(self) -> None:
        """A webhook that the sink, on a busy machine, answered later than in its second is tried
        again after more than a minute. How long that is is the schedule's own matter, not ours.
        """
        with witnesses.rows(self.system.database_url, self.whose) as rows:
            rows.let_due()

    def _is_idle(self) -> bool:
        if self.system.double.waiting():
            return False
        with witnesses.rows(self.system.database_url, self.whose) as rows:
            return not rows.undone()

    @property
    def whose(self) -> list[UUID]:
        return [one.organization_id for one in self.customers]

    def evidence(self) -> Evidence:
        with witnesses.rows(self.system.database_url, self.whose) as rows:
            stored, deliveries = rows.messages(), rows.deliveries()
        return Evidence(
            answers=tuple(self.load.journal.answers),
            accepts=self.system.double.accepts(self.began),
            posts=self.system.double.posts(self.began),
            stored=stored,
            deliveries=deliveries,
            heard=self.sink.taken(),
        )

    def report(self, name: str, evidence: Evidence, bars: Iterable[Bar] = ()) -> Report:
        """What came of it, with the bars that every experiment has."""
        return Report(name, self.seed, evidence, (*bars, *self._usual(evidence)))

    def _usual(self, evidence: Evidence) -> Iterator[Bar]:
        """Bars of every experiment; shown only where they are broken."""
        found = {
            "odd answers": self.load.journal.odd[:2],
            "unlike answers": ledger.unlike(evidence.answers)[:2],
            "attempts of two calls": ledger.repeated_posts(evidence.posts)[:2],
            "unsigned webhooks": self.sink.unsigned()[:2],
        }
        yield from (equal(name, what, []) for name, what in found.items() if what)
        most = ledger.most_in_a_window(evidence.accepts)
        if most > self.most_in_a_window:
            yield at_most("recipients in 2 s", most, self.most_in_a_window)

    @property
    def most_in_a_window(self) -> float:
        """Recipients that SES may be given within any 2 s, as it sees them."""
        pace = self.system.pace
        return pace.rate * (ledger.WINDOW_SECONDS + pace.jitter)


def calls(evidence: Evidence) -> Bar:
    """Where nobody was killed, each attempt is one call, and the other way round."""
    attempts = sum(row.attempts for row in evidence.stored)
    return equal("posts/attempts", f"{len(evidence.posts)}/{attempts}", f"{attempts}/{attempts}")


@contextmanager
def experiment(system: System, seed: int) -> Iterator[Run]:
    """On a system that is well. What it leaves behind is healed when the next one begins."""
    system.heal()
    with sink.listening() as listening:
        whom = customers(system.database_url, system.url, CUSTOMERS)
        subscribe(system.url, whom, listening, "all")
        yield Run(
            system=system,
            seed=seed,
            customers=whom,
            load=Load(system.url, whom, seed),
            sink=listening,
            began=system.double.mark(),
            dice=random.Random(seed),  # noqa: S311 - repeatable on purpose
        )
