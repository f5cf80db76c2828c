"""What SES's events can do to statuses by coming late, often, in any order, or as nonsense."""

import json

from deploy.local.aws.sqs.operations import ARN
from tests.faults import witnesses
from tests.faults.double import FEEDBACK
from tests.faults.report import Bar, Report, equal
from tests.faults.run import Run, Size, experiment, let_pass, reached
from tests.faults.system import System

DEAD = f"{FEEDBACK}-dead"
_POISON = ('{"eventType": "Delivery", "mail": {', "no JSON \u2603", '{"eventType": ["Send"]}')
_VISIBILITY = 3
_RECEIVES = 5
_MOST_PAIRS = 4  # of deaths: twice as many receives are below those after which we delete a letter


def events_astray(system: System, seed: int, size: Size) -> Report:
    """11: each event four times, in any order, late; some before SES's own answer."""
    delay = min(size.outage, 20.0)
    with experiment(system, seed) as run:
        system.double.faults(
            seed=seed,
            feedbackDuplicates=3,
            feedbackShuffle=True,
            feedbackDelayMs=int(delay * 1000),
            deliveryDelayed=0.2,
            accepted500=0.1,
        )
        run.load.send(size.messages, size.rate, within=300)
        let_pass(delay)
        evidence = run.seen(size.quiet)
        told = sum(len(accept.told) for accept in evidence.accepts)
        return run.report("11 events x4, shuffled, late", evidence, [Bar("events", f"{told}x4")])


def status_killed(system: System, seed: int, size: Size) -> Report:
    """12: the status worker ends with letters in its hands, before and after they are stored; and
    letters that nobody can read go aside after some receives, and are kept as they came.

    Each death is a receive of all that it held, so the queue is told to be more patient than that:
    SQS cannot tell a letter that kills its readers from readers that die.
    """
    points = ("after_receive", "after_apply") * min(size.faults, _MOST_PAIRS)
    with experiment(system, seed) as run:
        system.double.sqs("PurgeQueue", DEAD)
        _set(system, visibility=1, receives=2 * len(points))
        for body in _POISON:
            system.double.sqs("SendMessage", MessageBody=f"{body}{seed}{run.began.posted}")
        rate = size.messages / len(points)
        run.load.begin(size.messages, min(rate, size.rate), within=300)
        deaths = sum(_dies(system, point) for point in points)
        system.restart("status")
        evidence = run.seen(size.quiet)
        dead = system.double.waiting(DEAD)
        _set(system, visibility=_VISIBILITY, receives=_RECEIVES)
        bars = [
            equal("deaths", deaths, len(points)),
            equal("poison kept raw", _kept(run), len(_POISON)),
            equal("dead letters", dead, len(_POISON)),
        ]
        return run.report("12 status dies, and poison", evidence, bars)


def _set(system: System, visibility: int, receives: int) -> None:
    policy = {"deadLetterTargetArn": f"{ARN}{DEAD}", "maxReceiveCount": receives}
    attributes = {"VisibilityTimeout": str(visibility), "RedrivePolicy": json.dumps(policy)}
    system.double.sqs("SetQueueAttributes", Attributes=attributes)


def _dies(system: System, point: str) -> bool:
    """At the first letters that it gets."""
    worker = system.processes["status"]
    system.restart("status", settings={"crash_at": point})
    return bool(reached(lambda: float(not worker.is_running), 1))


def _kept(run: Run) -> int:
    statement = "SELECT id FROM feedback WHERE kind = 'unreadable' AND raw LIKE %s"
    with witnesses.rows(run.system.database_url, []) as rows:
        return len(rows.ask(statement, (f"%{run.seed}{run.began.posted}",)))
