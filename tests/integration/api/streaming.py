"""A reader of Server-Sent Events, as WHATWG HTML 9.2.6 has it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.waiting import eventually

PATH = "/v1/events/stream"


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a stream."""

    id: str
    type: str
    data: dict[str, Any]


@dataclass(slots=True)
class Listener:
    """What one stream has told until now, and whether it has come to its end."""

    response: httpx.Response
    told: list[Told] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    ended: bool = False
    broken: bool = False

    def read(self) -> None:
        fields: dict[str, str] = {}
        try:
            for line in self.response.iter_lines():
                self._take(line, fields)
        except httpx.HTTPError:
            self.broken = True
        self.ended = True

    def _take(self, line: str, fields: dict[str, str]) -> None:
        name, _, value = line.partition(":")
        if line and not name:
            self.comments.append(value.strip())
        elif line:
            assert name not in fields
            fields[name] = value.removeprefix(" ")
        elif fields:
            self.told.append(Told(fields["id"], fields["event"], json.loads(fields["data"])))
            fields.clear()

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.told]

    def hears(self, count: int) -> list[Told]:
        """So many events, and not one more by then."""
        eventually(lambda: len(self.told) >= count, what=f"{count} events are told")
        assert len(self.told) == count
        return self.told


@contextmanager
def listening(client: httpx.Client, after: str | None = None, **filters: str) -> Iterator[Listener]:
    headers = {"last-event-id": after} if after else {}
    with client.stream("GET", PATH, params=filters, headers=headers) as response:
        assert response.status_code == 200, response.read()
        listener = Listener(response)
        thread = threading.Thread(target=listener.read)
        thread.start()
        try:
            yield listener
        finally:
            hang_up(response)
            thread.join(5)


def hang_up(response: httpx.Response) -> None:
    """From another thread than the one that reads."""
    with suppress(OSError):
        response.extensions["network_stream"].get_extra_info("socket").shutdown(2)
