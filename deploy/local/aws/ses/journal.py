"""What SES was asked, what it accepted, what it told of that: its half of every ledger.

Bounded: the newest 100,000 calls and 20,000 mails, and 256 MiB of mails; older ones are forgotten.
"""

import base64
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import uuid4

from deploy.local.aws.ses.outgoing import Outgoing

MOST_MAILS = 20_000
MOST_BYTES = 256 * 1024 * 1024
MOST_POSTS = 100_000
UNDECIDED = "undecided"  # being waited on, or cut off while it was


def new_id(at: datetime) -> str:
    """An id as SES gives them out in us-east-1: 0100, the milliseconds, a UUID and a counter."""
    return f"0100{int(at.timestamp() * 1000):012x}-{uuid4()}-000000"


def iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Accepted:
    message_id: str
    at: datetime
    mail: Outgoing
    told: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    """Each event that was handed to a topic, and whom it is about. One that a fault lost is not
    among them, one that a fault repeats is so once."""

    def tell(self, kind: str, recipients: Sequence[str]) -> None:
        self.told.append((kind, tuple(recipients)))


@dataclass(slots=True)
class Post:
    """`outcome`: the fate of one that was accepted (`accepted`, `hung`, ...), else AWS's code."""

    number: int
    tags: Mapping[str, str]
    recipients: int
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    outcome: str = UNDECIDED


class Posts:
    """Every call of SendEmail, whatever became of it: what attempts are counted against."""

    def __init__(self) -> None:
        self._kept: deque[Post] = deque(maxlen=MOST_POSTS)
        self._count = 0

    def note(self, request: Mapping[str, Any]) -> Post:
        """Before anything is decided. What is no proper request is noted as well as it can be."""
        self._count += 1
        post = Post(self._count, _tags(request), _recipients(request))
        self._kept.append(post)
        return post

    def since(self, number: int) -> Iterator[Post]:
        """Oldest first, those after that number."""
        newer = min(max(self._count - number, 0), len(self._kept))
        return islice(self._kept, len(self._kept) - newer, None)


class Journal:
    def __init__(self, most_mails: int = MOST_MAILS, most_bytes: int = MOST_BYTES) -> None:
        self.posts = Posts()
        self._mails: deque[Accepted] = deque()
        self._position: dict[str, int] = {}
        self._forgotten = 0
        self._bytes = 0
        self._most_mails = most_mails
        self._most_bytes = most_bytes

    def accept(self, mail: Outgoing) -> Accepted:
        at = datetime.now(UTC)
        accepted = Accepted(new_id(at), at, mail)
        self._position[accepted.message_id] = self._forgotten + len(self._mails)
        self._mails.append(accepted)
        self._bytes += len(mail.raw)
        while len(self._mails) > self._most_mails or self._bytes > self._most_bytes:
            self._forget()
        return accepted

    def _forget(self) -> None:
        oldest = self._mails.popleft()
        del self._position[oldest.message_id]
        self._bytes -= len(oldest.mail.raw)
        self._forgotten += 1

    def since(self, message_id: str | None = None) -> Iterator[Accepted]:
        """Newest first; only what came after that id, or everything if it is not remembered."""
        count = len(self._mails)
        if message_id in self._position:
            count += self._forgotten - self._position[message_id] - 1
        return islice(reversed(self._mails), count)


def _tags(request: Mapping[str, Any]) -> dict[str, str]:
    found = request.get("EmailTags")
    listed = found if isinstance(found, list) else []
    return {str(one.get("Name")): str(one.get("Value")) for one in listed if isinstance(one, dict)}


def _recipients(request: Mapping[str, Any]) -> int:
    given = request.get("Destination")
    lists = given.values() if isinstance(given, dict) else ()
    return sum(len(boxes) for boxes in lists if isinstance(boxes, list))


def shown(accepted: Accepted, *, raw: bool = True) -> dict[str, Any]:
    """One item of `GET /sent`. Without the raw mail it is a hundredth of the size."""
    item: dict[str, Any] = {
        "messageId": accepted.message_id,
        "source": accepted.mail.source,
        "destinations": accepted.mail.destinations,
        "configurationSet": accepted.mail.configuration_set,
        "tags": accepted.mail.tags,
        "acceptedAt": iso(accepted.at),
        "events": [{"eventType": kind, "recipients": whom} for kind, whom in accepted.told],
    }
    if raw:
        item["raw"] = base64.b64encode(accepted.mail.raw).decode()
    return item


def shown_post(post: Post) -> dict[str, Any]:
    """One item of `GET /posts`."""
    return {
        "number": post.number,
        "at": iso(post.at),
        "tags": post.tags,
        "recipients": post.recipients,
        "outcome": post.outcome,
    }
