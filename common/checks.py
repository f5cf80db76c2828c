"""What is made of what SES, the queues and the tables say; for the doctor and for the API. Pure.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from common.findings import Finding, Gravity, error, judged, ok, warning

NEARLY: Final = 0.8
_ASK_AWS: Final = "Answer SES's case in the AWS support center; then make the causes stop."
_ENFORCEMENT: Final[Mapping[str, tuple[Gravity, str]]] = {
    "HEALTHY": ("ok", "HEALTHY."),
    "PROBATION": ("warning", "SES reviews the account (PROBATION) and may stop it."),
    "SHUTDOWN": ("error", "SES has stopped the account (SHUTDOWN)."),
}
MANY: Final = 1_000
"""Letters that wait in a queue: more than a worker takes in ten turns."""
SILENT: Final = timedelta(minutes=10)
UNHEARD: Final = timedelta(minutes=10)
"""After SES has taken a mail its first event comes within seconds."""
_SAME: Final = timedelta(minutes=1)
"""An event, and what it has changed: one transaction, but not one moment."""

STANDING: Final = """
WITH latest AS (
    SELECT max(updated_at) AS at FROM (
        SELECT updated_at, direction, status FROM message ORDER BY id DESC LIMIT 500
    ) m WHERE direction = 'outbound' AND status = 'sent'
)
SELECT
    extract(epoch FROM now() - (SELECT at FROM checkpoint WHERE name = 'feedback')) AS status,
    (SELECT count(*) FROM organization WHERE paused_at IS NOT NULL) AS paused,
    extract(epoch FROM now() - (SELECT at FROM latest)) AS sent,
    extract(epoch FROM now() - (
        SELECT received_at FROM feedback ORDER BY id DESC LIMIT 1
    )) AS heard
"""
"""One row for `Standing.of`; each part of it is an index's, however many rows there are."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Ages: since the status worker had read all feedback, since SES has taken the newest mail of
    which nothing more is known, since the newest event came; None where there is none.
    """

    status: timedelta | None
    paused: int
    sent: timedelta | None
    heard: timedelta | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Standing":
        """`row`: the answer of `STANDING`."""
        ages = {name: age(row[name]) for name in ("status", "sent", "heard")}
        return cls(paused=row["paused"], **ages)


def age(seconds: Any) -> timedelta | None:
    """Of a database's number of seconds."""
    return None if seconds is None else timedelta(seconds=round(float(seconds)))


def schema(revision: str | None, newest: str | None) -> Finding:
    """The database's migration, and the newest of this code."""
    return judged(
        "schema",
        revision == newest,
        f"{revision}.",
        f"The schema is {revision or 'not there'}, and this code has {newest}.",
        "python -m alembic upgrade head",
    )


def standing(found: Standing) -> Iterator[Finding]:
    """What the tables say of the road that feedback takes, and of who may not send."""
    start = "python -m services.status"
    if found.status is None:
        yield warning("status_worker", "It has never read all feedback.", start)
    elif found.status > SILENT:
        yield warning("status_worker", f"It has last read all feedback {found.status} ago.", start)
    else:
        yield ok("status_worker", f"It had read all feedback {found.status} ago.")
    yield arrivals(found.sent, found.heard)
    if found.paused:
        mend = "python -m deploy.brake  # who, why, and --release"
        yield warning("organizations", f"{found.paused} may not send.", mend)
    else:
        yield ok("organizations", "None is paused.")


def arrivals(sent: timedelta | None, heard: timedelta | None) -> Finding:
    """Whether anything has come since the newest mail went out."""
    if sent is None:
        return ok("feedback_arrives", "Of all that was sent of late more is known.")
    if sent > UNHEARD and (heard is None or heard > sent + _SAME):
        says = f"SES has taken a mail {sent} ago, and no event has come since."
        return error("feedback_arrives", says, "make doctor")
    return ok("feedback_arrives", "Nothing that was sent waits for its first event.")


def lag(flow: str, waiting: int) -> Finding:
    """Of the queue of `feedback` or `inbound`."""
    code, says = f"{flow}_lag", f"{waiting} letters wait."
    worker = "status" if flow == "feedback" else flow
    more = f"python -m services.{worker}  # one more"
    return warning(code, says, more) if waiting >= MANY else ok(code, says)


def account(told: Mapping[str, Any]) -> Iterator[Finding]:
    """`told`: the answer of GetAccount."""
    yield judged(
        "ses_sandbox",
        told.get("ProductionAccessEnabled", False),
        "The account may write to everybody.",
        "The account is in the sandbox: it may write to verified addresses alone.",
        "aws sesv2 put-account-details --production-access-enabled --mail-type TRANSACTIONAL"
        " --website-url https://...",
    )
    status = told.get("EnforcementStatus", "HEALTHY")
    gravity, says = _ENFORCEMENT.get(status, ("warning", f"SES says {status}."))
    yield Finding("ses_enforcement", gravity, says, "" if gravity == "ok" else _ASK_AWS)
    yield judged(
        "ses_sending",
        told.get("SendingEnabled", False),
        "Sending is enabled.",
        "Sending is paused for the whole account.",
        "aws sesv2 put-account-sending-attributes --sending-enabled",
    )
    yield quota(told.get("SendQuota") or {})


def quota(told: Mapping[str, float]) -> Finding:
    most, sent = told.get("Max24HourSend", 0), told.get("SentLast24Hours", 0)
    if most < 0:
        return ok("ses_quota", "There is no limit.")
    says = f"{sent:.0f} of {most:.0f} recipients of the last 24 hours are used."
    mend = "aws service-quotas request-service-quota-increase --service-code ses ..."
    if sent >= most:
        return error("ses_quota", f"{says} Nothing is sent until some are over.", mend)
    return warning("ses_quota", says, mend) if sent >= NEARLY * most else ok("ses_quota", says)
