"""A customer of the running Postroom: an organization of its own, and what it asks for."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from common import events
from common.settings import with_driver
from deploy import organization
from tests.e2e.endpoint import Endpoint, listening
from tests.e2e.local import Local
from tests.waiting import eventually

Json = dict[str, Any]

SIMULATOR = "simulator.amazonses.com"
SUCCESS, BOUNCE, COMPLAINT = (f"{name}@{SIMULATOR}" for name in ("success", "bounce", "complaint"))
MANY = 1_000_000
"""Sends an hour of those whose limit is no matter of the test."""


@dataclass(frozen=True, slots=True)
class Customer:
    """Each method is a call or several; an answer that is not a success ends the test."""

    organization_id: str
    api_key: str
    client: httpx.Client

    def call(self, method: str, path: str, body: Json | None = None) -> Any:
        answer = self.client.request(method, path, json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def inbox(self, **new: str) -> Json:
        return self._made("/v1/inboxes", new)

    def send(self, inbox: Json, **mail: Any) -> Json:
        """To `success@`, with a subject and a text, where nothing else is said."""
        usual = {"to": [SUCCESS], "subject": "Hello", "text": "How are you?"}
        return self._made(f"/v1/inboxes/{inbox['id']}/messages/send", usual | mail)

    def reply(self, message: Json, **mail: Any) -> Json:
        return self._made(f"{path_of(message)}/reply", {"text": "Fine, thank you."} | mail)

    def again(self, message: Json) -> Json:
        """The message as it is now."""
        found: Json = self.call("GET", path_of(message))
        return found

    def ended(self, message: Json, status: str) -> Json:
        """The message, once it has this status."""

        def look() -> Json:
            found = self.again(message)
            return found if found["status"] == status else {}

        return eventually(look, 20, f"{message['id']} is {status}")

    def doubtful(self, message: Json) -> None:
        """Nobody knows whether SES has it, and the message says so."""
        eventually(lambda: "statusReason" in self.again(message), 20, f"{message['id']} is unknown")

    def search(self, inbox: Json, query: str) -> set[str]:
        """The ids of what is found."""
        path = f"/v1/inboxes/{inbox['id']}/messages"
        answer = self.client.get(path, params={"query": query, "limit": 100})
        assert answer.status_code == 200, answer.text
        return {message["id"] for message in answer.json()}

    @contextmanager
    def told(self, **webhook: Any) -> Iterator[Endpoint]:
        """An endpoint that hears of everything, or of what is asked for."""
        with listening() as endpoint:
            asked = {"url": endpoint.url, "events": list(events.DESCRIPTIONS)}
            made = self._made("/v1/webhooks", asked | webhook)
            endpoint.secret = made["secret"]
            try:
                yield endpoint
            finally:
                self.call("DELETE", f"/v1/webhooks/{made['id']}")

    def _made(self, path: str, body: Json) -> Json:
        made: Json = self.call("POST", path, body)
        return made


def path_of(message: Json) -> str:
    return f"/v1/inboxes/{message['inboxId']}/messages/{message['id']}"


@contextmanager
def customer(local: Local, name: str = "acme", limit: int = MANY) -> Iterator[Customer]:
    """A new one, made as `make org` makes it."""
    made = organization._create(with_driver(local.database_url), name, limit)
    headers = {"Authorization": f"Bearer {made['apiKey']}"}
    with httpx.Client(base_url=local.url, headers=headers, timeout=30, trust_env=False) as client:
        yield Customer(made["organizationId"], made["apiKey"], client)
