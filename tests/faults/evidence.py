"""What four witnesses saw who know nothing of each other: the client, SES, the endpoint, the rows.

Ids of messages, events and webhooks are in the spelling of the wire. Times are unix seconds of this
machine's clock, which all of them share.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Answer:
    """The first 2xx of a request. `alike`: every later answer to its key was the same, byte for
    byte.
    """

    key: str
    message_id: str
    at: float
    alike: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """One event that SES has published; `kind` is its eventType."""

    kind: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Accept:
    """A mail that SES took, by the tags that it came with."""

    external_id: str
    message_id: str
    at: float
    recipients: int = 1
    told: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class Post:
    """A call of SendEmail, whatever became of it."""

    message_id: str
    attempt: str
    at: float
    outcome: str = "accepted"


@dataclass(frozen=True, slots=True)
class Stored:
    """A message as its row has it at the end; `recipients`: the status of each."""

    message_id: str
    send_state: str
    recipients: Mapping[str, str]
    external_id: str | None = None
    attempts: int = 1
    explained: bool = False
    """There is a reason in words, and an event that tells of it: of a held one."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one endpoint, as its row has it at the end."""

    event_id: str
    webhook_id: str
    state: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that was seen of one experiment, after its quiet time."""

    answers: tuple[Answer, ...] = ()
    accepts: tuple[Accept, ...] = ()
    posts: tuple[Post, ...] = ()
    stored: tuple[Stored, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    heard: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    """(event id, webhook id) of each call whose signature was right."""
