"""What the API can say of the installation: no question needs a right that it has not, and one that
AWS denies is said as not looked at. `python -m deploy.doctor` looks further.

AWS is asked once a minute at most, by one request for all that come meanwhile.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from botocore.exceptions import BotoCoreError, ClientError
from sqlalchemy.ext.asyncio import AsyncEngine

from common import aws, checks
from common.checks import Standing
from common.findings import Finding, error, ok, skipped, warning
from common.settings import Settings
from services.api.problems import is_unavailable

KEPT_SECONDS: Final = 60.0
_PATIENCE_SECONDS: Final = 5.0
_CONNECT_SECONDS, _READ_SECONDS = 2.0, 4.0
_ROOT: Final = Path(__file__).resolve().parents[2]
_REVISION: Final = sa.text("SELECT max(version_num) FROM alembic_version")
_STANDING: Final = sa.text(checks.STANDING)
_OF_TABLES: Final = ("schema", "status_worker", "feedback_arrives", "organizations")
_OF_SES: Final = ("ses_sandbox", "ses_enforcement", "ses_sending", "ses_quota")
_DENIED: Final = ("AccessDenied", "AccessDeniedException")


def newest_schema() -> str | None:
    """The newest migration of this code. Alembic is imported here: only who asks pays for it."""
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    return ScriptDirectory.from_config(Config(_ROOT / "alembic.ini")).get_current_head()


class Setup:
    """Of one process. Nothing is asked before somebody wants to know."""

    def __init__(
        self, settings: Settings, engine: AsyncEngine, broker_answers: Callable[[], bool]
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._broker_answers = broker_answers
        self._lock = asyncio.Lock()
        self._asked_at = float("-inf")
        self._of_aws: list[Finding] = []
        self._newest: str | None = None

    async def look(self) -> list[Finding]:
        """Never raises for what it looks at."""
        tables, broker, of_aws = await asyncio.gather(
            self._tables(), asyncio.to_thread(self._broker_answers), self._aws()
        )
        return [*tables, _broker(broker), *of_aws]

    async def _tables(self) -> list[Finding]:
        self._newest = self._newest or await asyncio.to_thread(newest_schema)
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS), self._engine.connect() as connection:
                revision = (await connection.execute(_REVISION)).scalar()
                found = [ok("database", "It answers."), checks.schema(revision, self._newest)]
                if found[-1].gravity != "ok":
                    return found + [skipped(code, "schema") for code in _OF_TABLES[1:]]
                row = (await connection.execute(_STANDING)).mappings().one()
        except Exception as failure:
            if not (isinstance(failure, TimeoutError) or is_unavailable(failure)):
                raise
            says = error("database", "It does not answer.", "make doctor")
            return [says, *(skipped(code, "database") for code in _OF_TABLES)]
        return [*found, *checks.standing(Standing.of(dict(row)))]

    async def _aws(self) -> list[Finding]:
        async with self._lock:
            if time.monotonic() >= self._asked_at + KEPT_SECONDS:
                self._of_aws = await asyncio.to_thread(lambda: list(_ask_aws(self._settings)))
                self._asked_at = time.monotonic()
            return self._of_aws


def _broker(answers: bool) -> Finding:
    if answers:
        return ok("redis", "It answers.")
    return warning("redis", "It does not answer: work is found a second later.", "make doctor")


def _ask_aws(settings: Settings) -> Iterator[Finding]:
    try:
        told: Any = _client(settings, "sesv2").get_account()
    except (BotoCoreError, ClientError) as failure:
        says = _unanswered(failure, "ses:GetAccount")
        yield from (Finding(code, "skipped", says) for code in _OF_SES)
    else:
        yield from checks.account(told)
    urls = {"feedback": settings.feedback_queue_url, "inbound": settings.inbound_queue_url}
    for flow, url in urls.items():
        if url is not None:
            yield _lag(settings, flow, url)


def _lag(settings: Settings, flow: str, url: str) -> Finding:
    name = "ApproximateNumberOfMessages"
    try:
        answer: Any = _client(settings, "sqs").get_queue_attributes(
            QueueUrl=url, AttributeNames=[name]
        )
    except (BotoCoreError, ClientError) as failure:
        return Finding(f"{flow}_lag", "skipped", _unanswered(failure, "sqs:GetQueueAttributes"))
    return checks.lag(flow, int(answer["Attributes"][name]))


def _client(settings: Settings, service: Any) -> Any:
    return aws.client(
        settings, service, connect_timeout=_CONNECT_SECONDS, read_timeout=_READ_SECONDS
    )


def _unanswered(failure: BotoCoreError | ClientError, call: str) -> str:
    code = type(failure).__name__
    if isinstance(failure, ClientError):
        code = failure.response.get("Error", {}).get("Code", "Unknown")
    if code in _DENIED:
        return f"The API is not allowed to look: {call}."
    return f"Not looked at: AWS has not answered {call} ({code})."
