"""All experiments, by the numbers of facts.md section 6."""

from collections.abc import Callable
from typing import Final

from tests.faults.experiments import (
    accepting,
    account,
    feedback,
    restarting,
    sending,
    servers,
    telling,
)
from tests.faults.report import Report
from tests.faults.run import Size
from tests.faults.system import System

Experiment = Callable[[System, int, Size], Report]

TOO_LONG: Final = ("quota_exhausted",)
"""Of which there is no short form."""

ALL: Final[dict[str, Experiment]] = {
    one.__name__: one
    for one in (
        servers.redis_away,
        servers.redis_swallows,
        sending.senders_killed,
        sending.dead_after_accept,
        sending.silent_ses,
        sending.sender_stopped,
        servers.postgres_restarts,
        accepting.api_dead_after_commit,
        accepting.one_key_many_requests,
        account.throttled,
        account.sending_paused,
        account.quota_exhausted,
        feedback.events_astray,
        feedback.status_killed,
        telling.rude_endpoints,
        restarting.restarts,
        sending.rings_alone,
    )
}
