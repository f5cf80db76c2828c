"""The rows of the benchmark of scale, as lines of COPY's text format.

https://www.postgresql.org/docs/current/sql-copy.html
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

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


class Rows:
    """Of one database."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._letters = letters()
        self.of: dict[str, Callable[[], Iterator[str]]] = {
            "organization": self._organizations,
            "inbox": self._inboxes,
            "thread": self._threads,
            "message": self._messages,
            "recipient": self._recipients,
            "event": self._events,
            "search": self._documents,
        }

    def _organizations(self) -> Iterator[str]:
        for number in range(ORGANIZATIONS):
            yield _line(
                self._shape.id(ORGANIZATION, number), f"owner{number}", MOST_AN_HOUR, self._at(0)
            )

    def _inboxes(self) -> Iterator[str]:
        for number in range(self._shape.inboxes):
            names, at = self._names(0, number), self._at(0)
            yield _line(self._shape.id(INBOX, number), self._owner(number), names.ours, "", at, at)

    def _threads(self) -> Iterator[str]:
        shape = self._shape
        for number in range(shape.messages):
            if shape.thread(number) != number:
                continue
            all_of_it = shape.thread_of(number)
            inbox, _ = shape.place(number)
            names = self._names(number, inbox)
            yield _line(
                *(shape.id(THREAD, number), self._owner(inbox), shape.id(INBOX, inbox)),
                *(names.subject, shape.id(MESSAGE, all_of_it[-1]), str(len(all_of_it))),
                *(f"{{{names.ours},{names.theirs}}}", self._at(number), self._at(all_of_it[-1])),
            )

    def _messages(self) -> Iterator[str]:
        shape = self._shape
        for number in range(shape.messages):
            inbox, _ = shape.place(number)
            names, at = self._names(number, inbox), self._at(number)
            text = names.put_into(self._letters[number % LETTERS].text)
            queued, received = shape.is_queued(number), shape.is_received(number)
            yield _line(
                *(shape.id(MESSAGE, number), self._owner(inbox), shape.id(INBOX, inbox)),
                shape.id(THREAD, shape.thread(number)),
                "inbound" if received else "outbound",
                *(names.theirs if received else names.ours, "", "{}", names.subject),
                *(text, f"<p>{text}</p>", "{}", "{orders}" if number % 10 < 3 else "{}", "{}"),
                NULL if queued else f"0100-{number}",
                f"<{number}@customer.example>" if received else NULL,
                self._status(number),
                *(NULL if received else "queued" if queued else "done", at),
                *("0" if queued or received else "1", at, at),
            )

    def _recipients(self) -> Iterator[str]:
        shape = self._shape
        for number in range(shape.messages):
            inbox, _ = shape.place(number)
            names, at = self._names(number, inbox), self._at(number)
            rest = (self._status(number), at, at)
            key = (shape.id(MESSAGE, number), self._owner(inbox))
            first = names.ours if shape.is_received(number) else names.theirs
            yield _line(key[0], "0", key[1], "to", first, "", *rest)
            if number % 8 == 0:
                yield _line(key[0], "1", key[1], "cc", "boss@customer.example", "", *rest)

    def _events(self) -> Iterator[str]:
        shape = self._shape
        for number in range(shape.messages):
            if shape.is_queued(number):
                return
            inbox, _ = shape.place(number)
            message, at, status = shape.id(MESSAGE, number), self._at(number), self._status(number)
            payload = (
                f'{{"id": "{message}", "status": "{status}", "subject": "{order(number)}", '
                f'"labels": [], "createdAt": "{at}", "recipients": [{{"status": "{status}"}}]}}'
            )
            yield _line(
                *(shape.id(EVENT, number), self._owner(inbox), shape.id(INBOX, inbox), message),
                *(f"message.{status}", payload, at),
            )

    def _documents(self) -> Iterator[str]:
        shape = self._shape
        for number in range(shape.messages):
            inbox, _ = shape.place(number)
            letter = self._letters[number % LETTERS]
            made = letter.received if shape.is_received(number) else letter.sent
            yield _line(
                *(shape.id(MESSAGE, number), self._owner(inbox), shape.id(INBOX, inbox)),
                self._names(number, inbox).put_into(made),
            )

    def _owner(self, inbox: int) -> str:
        return self._shape.id(ORGANIZATION, self._shape.organization(inbox))

    def _at(self, number: int) -> str:
        return datetime.fromtimestamp(self._shape.moment(number), UTC).isoformat()

    def _names(self, number: int, inbox: int) -> Names:
        owner = f"owner{self._shape.organization(inbox)}"
        return Names(order(number), f"inbox{inbox}", f"person{number * 7919 % 99991}", owner)

    def _status(self, number: int) -> str:
        if self._shape.is_queued(number):
            return "queued"
        if self._shape.is_received(number):
            return "received"
        return "bounced" if number % 50 == 7 else "delivered"


def _line(*values: str) -> str:
    """None of ours has a tab, a line end or a backslash, but for NULL's."""
    return "\t".join(values) + "\n"
