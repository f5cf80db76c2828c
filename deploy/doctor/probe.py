"""One mail to SES's simulator, and whether its feedback comes back on the product's own road.

The status worker reads the queue, so the feedback is looked for in its table. Where no worker runs
the queue itself is looked into: each letter is received once, is nobody else's for some seconds,
and is then given back; nothing is deleted. A receive counts, so few are looked at, and none where
a letter may be received but a few times.
https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import sqlalchemy as sa
from botocore.exceptions import BotoCoreError, ClientError

from common import aws, ids
from deploy.doctor.asking import Trouble
from deploy.doctor.findings import Finding, Subject, error, ok, warning
from deploy.doctor.world import World
from services.status.parse import SesEvent, parse

SUBJECT: Final = Subject(
    "probe",
    {
        "probe_send": "SES takes a mail to `success@simulator.amazonses.com`.",
        "probe_feedback": "Its feedback comes back: what SES sent, SNS and SQS carried.",
    },
    needs=(
        "schema",
        "ses_enforcement",
        "ses_sending",
        "ses_quota",
        "identity",
        "configuration_set_sending",
        "event_destination",
        "feedback_queue",
    ),
)
TO: Final = "success@simulator.amazonses.com"
WANTED: Final = frozenset({"send", "delivery"})
_SILENT: Final = timedelta(minutes=3)
"""A status worker that lives tells of itself within a minute and a half."""
_FEW_RECEIVES: Final = 3
_MOST_LOOKS: Final = 10
_HELD_SECONDS: Final = 60
_PAUSE_SECONDS: Final = 0.3
_TAKEN: Final = sa.text("""
SELECT kind FROM feedback WHERE external_message_id = :id AND applied_at IS NULL
    AND received_at > now() - interval '15 minutes'
""")
# Else it would be counted as feedback that waits for its message (services/status/feedback.py).
_SETTLE: Final = sa.text("""
UPDATE feedback SET applied_at = now() WHERE external_message_id = :id AND message_id IS NULL
    AND applied_at IS NULL AND received_at > now() - interval '15 minutes'
""")


def examine(world: World) -> Iterator[Finding]:
    if world.domain is None:
        return
    try:
        external_id = _send(world, world.domain)
    except (BotoCoreError, ClientError) as failure:
        yield refused(failure)
        return
    yield ok("probe_send", f"SES has taken it as {external_id}.")
    began = time.monotonic()
    seen = _watch(world, external_id, began + world.probe_seconds)
    yield judge(seen, time.monotonic() - began)


def _send(world: World, domain: str) -> str:
    """SES's id. Called once, as everything that sends is."""
    client = aws.client(world.settings, "sesv2", read_timeout=10.0)
    sender = f"postroom-doctor@{domain}"
    head = f"From: {sender}\r\nTo: {TO}\r\nSubject: Postroom's doctor\r\n"
    mime = f"{head}MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nA probe.\r\n".encode()
    try:
        answer = client.send_email(
            FromEmailAddress=sender,
            Destination={"ToAddresses": [TO]},
            Content={"Raw": {"Data": mime}},
            ConfigurationSetName=world.settings.configuration_set,
            EmailTags=[{"Name": "postroom_doctor", "Value": str(ids.new())}],
        )
    finally:
        client.close()
    return answer["MessageId"]


def refused(failure: BotoCoreError | ClientError) -> Finding:
    code = type(failure).__name__
    if isinstance(failure, ClientError):
        code = failure.response.get("Error", {}).get("Code", "Unknown")
    says = f"SES has not taken it ({code})."
    return error("probe_send", says, "Mend what else is found; then: make doctor")


@dataclass(slots=True)
class Seen:
    """The kinds of events that have come, and where they were met."""

    taken: set[str] = field(default_factory=set)
    waiting: set[str] = field(default_factory=set)

    @property
    def kinds(self) -> set[str]:
        return self.taken | self.waiting


def judge(seen: Seen, seconds: float) -> Finding:
    code = "probe_feedback"
    told = ", ".join(sorted(seen.kinds))
    again = "python -m deploy.doctor --only probe_feedback --probe-seconds 120"
    if not seen.kinds:
        says = f"Nothing has come back in {seconds:.0f} s."
        return error(code, says, f"Mend what else is found; then: {again}")
    if not seen.kinds >= WANTED:
        return warning(code, f"Only {told} has come back in {seconds:.0f} s.", again)
    where = "the status worker has stored it" if seen.taken else "it waits in the queue"
    return ok(code, f"It has come back in {seconds:.1f} s ({told}): {where}.")


def _watch(world: World, external_id: str, until: float) -> Seen:
    seen, held = Seen(), Held(world)
    nobody = world.status_age is None or world.status_age > _SILENT
    try:
        while not seen.kinds >= WANTED and time.monotonic() < until:
            with world.engine.begin() as connection:
                found = connection.execute(_TAKEN, {"id": external_id}).scalars()
                seen.taken |= set(found)
            if nobody and not seen.kinds >= WANTED:
                seen.waiting |= held.look(external_id)
            time.sleep(_PAUSE_SECONDS)
    finally:
        held.give_back()
        with world.engine.begin() as connection:
            connection.execute(_SETTLE, {"id": external_id})
    return seen


class Held:
    """Letters of the queue that are looked at, and go back."""

    def __init__(self, world: World) -> None:
        self._ask = world.ask
        self._url = world.settings.feedback_queue_url
        self._receipts: list[str] = []
        few = world.max_receives is not None and world.max_receives <= _FEW_RECEIVES
        self._looks = 0 if few else _MOST_LOOKS

    def look(self, external_id: str) -> set[str]:
        """The kinds of events about that mail, among ten letters more."""
        if not self._looks:
            return set()
        answer = self._ask(
            "sqs",
            "receive_message",
            QueueUrl=self._url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=1,
            VisibilityTimeout=_HELD_SECONDS,
        )
        letters = [] if isinstance(answer, Trouble) else answer.get("Messages", [])
        self._looks -= bool(letters)
        self._receipts += [one["ReceiptHandle"] for one in letters]
        events = [parse(one["Body"]) for one in letters]
        return {
            one.kind
            for one in events
            if isinstance(one, SesEvent) and one.external_message_id == external_id
        }

    def give_back(self) -> None:
        for receipt in self._receipts:
            self._ask(
                "sqs",
                "change_message_visibility",
                QueueUrl=self._url,
                ReceiptHandle=receipt,
                VisibilityTimeout=0,
            )
