"""A message on its way, and the answers of SES to it."""

from common import clock
from common.statuses import Reason
from common.tracking import Sighting
from services.sender.jobs import Claimed, Jobs, Result

REASON: Reason = {"message": "Refused: Email address is not verified.", "type": "MessageRejected"}


def started(jobs: Jobs) -> Claimed:
    (claimed,) = jobs.claim(1)
    assert jobs.start([claimed]) != [None]
    return claimed


def accepted(claimed: Claimed, external_id: str = "0100") -> Result:
    sighting = Sighting(claimed.id, "sent", clock.now(), external_id=external_id)
    return Result(claimed, sighting, "done")


def rejected(claimed: Claimed) -> Result:
    return Result(claimed, Sighting(claimed.id, "rejected", clock.now(), reason=REASON), "done")


def unknown(claimed: Claimed) -> Result:
    sighting = Sighting(claimed.id, "unknown", clock.now(), reason=REASON)
    return Result(claimed, sighting, "unknown")
