"""The rows of the benchmark of scale, as lines of COPY's text format.

https://www.postgresql.org/docs/current/sql-copy.html
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

from tests.bench.scale_shape import (
    EVENT,
    INBOX,
    MESSAGE,
    ORGANIZATION,
    ORGANIZATIONS,
    THREAD,
    Shape,
)
from tests.bench.scale_text import LETTERS, Names, letters, order

NULL: Final = "\\N"
MOST_AN_HOUR: Final = "100000000"
COLUMNS: Final = {
    "organization": "id, name, sends_per_hour, created_at",
    "inbox": "id, organization_id, email, name, created_at, updated_at",
    "thread": "id, organization_id, inbox_id, subject, last_message_id, message_count, "
    "participants, created_at, updated_at",
    "message": "id, organization_id, inbox_id, thread_id, direction, from_email, from_name, "
    "reply_to, subject, text, html, headers, labels, reference_ids, external_message_id, "
    "internet_message_id, status, send_state, due_at, attempts, created_at, updated_at",
    "recipient": "message_id, position, organization_id, kind, email, name, status, status_at, "
    "updated_at",
    "event": "id, organization_id, inbox_id, message_id, type, payload, created_at",
    "search": "message_id, organization_id, inbox_id, document",
}
"""In an order in which foreign keys hold."""


class Mail(NamedTuple):
    """What the rows of one message have in common."""

    number: int
    id: str
    owner: str
    inbox_id: str
    names: Names
    at: str
    status: str

    @property
    def is_received(self) -> bool:
        return self.status == "received"

    @property
    def is_queued(self) -> bool:
        return self.status == "queued"


class Rows:
    """Of one database."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._letters = letters()
        self._owners = [shape.id(ORGANIZATION, number) for number in range(ORGANIZATIONS)]
        self._inbox_ids = [shape.id(INBOX, number) for number in range(shape.inboxes)]
        self.of: dict[str, Callable[[], Iterator[str]]] = {
            "organization": self._organizations,
            "inbox": self._inboxes,
            "thread": self._threads,
            "message": self._messages,
            "recipient": self._recipients,
            "event": self._events,
            "search": self._documents,
        }

    def _each(self) -> Iterator[Mail]:
        shape = self._shape
        for number in range(shape.messages):
            inbox, place = shape.place(number)
            whose = shape.organization(inbox)
            person = f"person{number * 7919 % 99991}"
            yield Mail(
                number,
                shape.id(MESSAGE, number),
                self._owners[whose],
                self._inbox_ids[inbox],
                Names(order(number), f"inbox{inbox}", person, f"owner{whose}"),
                self._at(number),
                shape.status(number, place),
            )

    def _at(self, number: int) -> str:
        return datetime.fromtimestamp(self._shape.moment(number), UTC).isoformat()

    def _organizations(self) -> Iterator[str]:
        for number, owner in enumerate(self._owners):
            yield _line(owner, f"owner{number}", MOST_AN_HOUR, self._at(0))

    def _inboxes(self) -> Iterator[str]:
        at = self._at(0)
        for number, inbox_id in enumerate(self._inbox_ids):
            whose = self._shape.organization(number)
            ours = Names("", f"inbox{number}", "", f"owner{whose}").ours
            yield _line(inbox_id, self._owners[whose], ours, "", at, at)

    def _threads(self) -> Iterator[str]:
        shape = self._shape
        for one in self._each():
            if shape.thread(one.number) != one.number:
                continue
            all_of_it = shape.thread_of(one.number)
            last = all_of_it[-1]
            yield _line(
                *(shape.id(THREAD, one.number), one.owner, one.inbox_id, one.names.subject),
                *(shape.id(MESSAGE, last), str(len(all_of_it))),
                *(f"{{{one.names.ours},{one.names.theirs}}}", one.at, self._at(last)),
            )

    def _messages(self) -> Iterator[str]:
        shape = self._shape
        for one in self._each():
            names, received = one.names, one.is_received
            text = names.put_into(self._letters[one.number % LETTERS].text)
            yield _line(
                *(one.id, one.owner, one.inbox_id, shape.id(THREAD, shape.thread(one.number))),
                "inbound" if received else "outbound",
                *(names.theirs if received else names.ours, "", "{}", names.subject),
                *(text, f"<p>{text}</p>", "{}", "{orders}" if one.number % 10 < 3 else "{}", "{}"),
                NULL if one.is_queued else f"0100-{one.number}",
                f"<{one.number}@customer.example>" if received else NULL,
                *(one.status, NULL if received else "queued" if one.is_queued else "done", one.at),
                *("0" if one.is_queued or received else "1", one.at, one.at),
            )

    def _recipients(self) -> Iterator[str]:
        for one in self._each():
            rest = (one.status, one.at, one.at)
            email = one.names.ours if one.is_received else one.names.theirs
            yield _line(one.id, "0", one.owner, "to", email, "", *rest)
            if one.number % 8 == 0:
                yield _line(one.id, "1", one.owner, "cc", "boss@customer.example", "", *rest)

    def _events(self) -> Iterator[str]:
        for one in self._each():
            if one.is_queued:
                return
            payload = (
                f'{{"id": "{one.id}", "status": "{one.status}", "subject": "{one.names.order}", '
                f'"createdAt": "{one.at}", "recipients": [{{"status": "{one.status}"}}]}}'
            )
            yield _line(
                *(self._shape.id(EVENT, one.number), one.owner, one.inbox_id, one.id),
                *(f"message.{one.status}", payload, one.at),
            )

    def _documents(self) -> Iterator[str]:
        for one in self._each():
            letter = self._letters[one.number % LETTERS]
            made = letter.received if one.is_received else letter.sent
            yield _line(one.id, one.owner, one.inbox_id, one.names.put_into(made))


def _line(*values: str) -> str:
    """None of ours has a tab, a line end or a backslash, but for NULL's."""
    return "\t".join(values) + "\n"
