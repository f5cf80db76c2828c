"""What SES said, written down as soon as the database lets us."""

import time
from typing import Final

import sqlalchemy as sa

from common import logs
from services.sender.jobs import Jobs, Result

log = logs.get(__name__)

_PAUSE_SECONDS: Final = 0.5
# The connection was lost or never made, or (in a failover) leads to a server that may not write.
_AWAY: Final = (
    sa.exc.OperationalError,
    sa.exc.InterfaceError,
    sa.exc.InternalError,
    sa.exc.TimeoutError,
)


def record(jobs: Jobs, results: list[Result]) -> tuple[int, int]:
    """See `Jobs.record`. It is known here alone, so it waits for a database that is away, as long
    as a lease lasts; what is not recorded then becomes `unknown`. Nothing new is sent meanwhile.
    """
    ends = time.monotonic() + jobs.lease_seconds
    while True:
        try:
            return jobs.record(results)
        except _AWAY as error:
            if time.monotonic() > ends:
                raise
            log.warning("send.record_waits", messages=len(results), error=type(error).__name__)
            time.sleep(_PAUSE_SECONDS)
