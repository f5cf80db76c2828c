"""Receiving: what becomes of one mail, from SES's notification to the committed message.

The natural way is `Receiver.take`, read from top to bottom: whose is it, fetch, parse, store. A
notification that comes again ends after the first question.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from botocore.exceptions import BotoCoreError, ClientError
from prometheus_client import Counter, Histogram

from common import clock, crash, ids, logs, metrics, tracing
from common.db import lies_in_the_rows
from services.inbound.fetch import Raw, fetch
from services.inbound.parsing.children import Children, ParserError
from services.inbound.parsing.mail import Mail
from services.inbound.receipt import Receipt
from services.inbound.recipients import Place, places
from services.inbound.references import named
from services.inbound.rows import Arrival
from services.inbound.store import lacking, store

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logs.get(__name__)

# outcome: stored|unparsed|known|nobody. `unparsed` is stored too, with the reason.
RECEIVED: Final = Counter("postroom_mails_received_total", "Mails of SES by their end", ["outcome"])
SECONDS: Final = Histogram(
    "postroom_receive_seconds", "From taking a mail in hand to its commit", buckets=metrics.SECONDS
)

_TOO_LONG: Final = "The mail is longer than the 40 MB that are read."
_UNSTORABLE: Final = "What was read in the mail could not be stored."
_GONE: Final = frozenset({"NoSuchKey", "NoSuchBucket"})


@dataclass(frozen=True, slots=True)
class Receiver:
    """Safe to share between threads. `ring`: after a commit that has made deliveries."""

    engine: sa.Engine
    s3: "S3Client"
    children: Children
    ring: Callable[[], None]

    def take(self, receipt: Receipt) -> None:
        """On return it is committed, or there was nothing to do. Raises what S3 and the database
        raise, and `ParserError`; then nothing was done. See `is_outage`.
        """
        with SECONDS.time(), tracing.span("receive", root=True):
            found = self._whose(receipt)
            if not found:
                return
            raw, mail = self._read(receipt)
            crash.at("before_store")
            arrival = Arrival(receipt, raw, mail, clock.now(), tracing.current())
            self._store_anyhow(arrival, found)
            crash.at("after_store")

    def _whose(self, receipt: Receipt) -> list[Place]:
        with self.engine.connect() as connection:
            meant = places(connection, receipt.recipients)
            found = lacking(connection, receipt.message_id, meant)
        if not found:
            outcome = "known" if meant else "nobody"
            RECEIVED.labels(outcome).inc()
            log.info("mail.passed_over", outcome=outcome, external_id=receipt.message_id)
        return found

    def _read(self, receipt: Receipt) -> tuple[Raw, Mail]:
        """Without its bytes, which may be 40 MB and are needed no more."""
        raw = fetch(self.s3, receipt)
        if raw.content is None:
            return raw, Mail(error=_TOO_LONG)
        return replace(raw, content=None), self.children.parse(raw.content)

    def _store_anyhow(self, arrival: Arrival, found: list[Place]) -> None:
        """A mail that the tables do not take as it was read is kept as one that could not be."""
        try:
            self._store(arrival, found)
        except Exception as error:
            if is_outage(error):
                raise
            log.exception("mail.not_stored_whole", external_id=arrival.receipt.message_id)
            self._store(replace(arrival, mail=Mail(error=_UNSTORABLE)), found)

    def _store(self, arrival: Arrival, found: list[Place]) -> None:
        mail = arrival.mail
        with self.engine.begin() as connection:
            chain = named(mail.references, mail.in_reply_to)
            written, deliveries = store(connection, arrival, found, chain)
        outcome = "unparsed" if mail.error else "stored" if written else "known"
        RECEIVED.labels(outcome).inc()
        tracing.note(outcome=outcome, message_id=written[0] if written else None)
        log.info(
            "mail.received",
            outcome=outcome,
            external_id=arrival.receipt.message_id,
            message_ids=[ids.encode(ids.MESSAGE, one) for one in written],
            size=arrival.raw.size,
            parse_error=mail.error,
        )
        if deliveries:
            self.ring()


def is_outage(error: Exception) -> bool:
    """Whether the same mail will be fine later; else its letter is at fault, or we are."""
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code") not in _GONE
    if isinstance(error, sa.exc.SQLAlchemyError):
        return not lies_in_the_rows(error)
    return isinstance(error, (BotoCoreError, ParserError, OSError))
