"""One message through the product's own API, from POST to a signed webhook, told as it happens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from queue import Empty
from typing import Any, Final, TypeVar

import httpx

from deploy.local.errors import StepFailedError
from deploy.local.receiver import PATH, Receiver
from deploy.local.supervisor import Supervisor

T = TypeVar("T")

RECIPIENT: Final = "success@simulator.amazonses.com"
INBOX_NAME: Final = "Local journey"
STEP_SECONDS: Final = 30.0
LAST_EVENT: Final = "message.delivered"


@dataclass(frozen=True, slots=True)
class Arrived:
    inbox_id: str
    message_id: str


@dataclass(slots=True)
class Journey:
    client: httpx.Client
    receiver: Receiver
    supervisor: Supervisor
    verified: set[tuple[str, str]] = field(default_factory=set)
    """Which events of which messages arrived with a signature that is right."""

    def travel(self) -> Arrived:
        """Raises a LocalError that names the step that was not completed."""
        inbox_id = self._inbox()
        with self._webhook(inbox_id):
            message_id = self._send(inbox_id)
            self._follow(f"/v1/inboxes/{inbox_id}/messages/{message_id}", message_id)
        return Arrived(inbox_id, message_id)

    def _send(self, inbox_id: str) -> str:
        mail = {
            "to": [RECIPIENT],
            "subject": "Journey of a first message",
            "text": "From POST to a signed webhook.",
        }
        sent = self._call("POST", f"/v1/inboxes/{inbox_id}/messages/send", mail)
        self._say(f"accepted  {sent['id']} to {RECIPIENT}")
        return str(sent["id"])

    def _follow(self, path: str, message_id: str) -> None:
        ses_id = self._until("sent", lambda: self._call("GET", path).get("externalMessageId"))
        self._say(f"sent      SES id {ses_id}")
        self._until("delivered", lambda: self._call("GET", path)["status"] == "delivered")
        self._say("delivered")
        what = f"webhook {LAST_EVENT} verified"
        self._until(what, lambda: self._has_arrived(LAST_EVENT, message_id))

    def _inbox(self) -> str:
        for inbox in self._pages("/v1/inboxes"):
            if inbox.get("name") == INBOX_NAME:
                return str(inbox["id"])
        return str(self._call("POST", "/v1/inboxes", {"name": INBOX_NAME})["id"])

    @contextmanager
    def _webhook(self, inbox_id: str) -> Iterator[None]:
        """Ours for the time of the journey: later events would find nobody at its address."""
        for earlier in list(self._pages("/v1/webhooks")):
            if str(earlier["url"]).endswith(PATH):
                self._call("DELETE", f"/v1/webhooks/{earlier['id']}")
        wanted = {
            "url": self.receiver.url,
            "events": ["message.sent", LAST_EVENT],
            "inboxIds": [inbox_id],
        }
        made = self._call("POST", "/v1/webhooks", wanted)
        self.receiver.secret = made["secret"]
        try:
            yield
        finally:
            with suppress(StepFailedError):
                self._call("DELETE", f"/v1/webhooks/{made['id']}")

    def _until(self, step: str, probe: Callable[[], T | None]) -> T:
        return self.supervisor.wait(f"journey: {step}", probe, STEP_SECONDS)

    def _has_arrived(self, event: str, message_id: str) -> bool:
        """Tells of every webhook that has come by now, and whether this one was among them."""
        with suppress(Empty):
            while True:
                arrival = self.receiver.arrivals.get_nowait()
                judged = "verified" if arrival.verified else "NOT GENUINE"
                self._say(f"webhook   {judged}  {arrival.event} {arrival.webhook_id}")
                if arrival.verified:
                    self.verified.add((arrival.event, arrival.message_id))
        return (event, message_id) in self.verified

    def _pages(self, path: str) -> Iterator[dict[str, Any]]:
        following: str | None = f"{path}?limit=100"
        while following:
            answer = self._request("GET", following)
            yield from answer.json()
            following = answer.links.get("next", {}).get("url")

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._request(method, path, body).json()

    def _request(
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> httpx.Response:
        try:
            answer = self.client.request(method, path, json=body)
        except httpx.HTTPError as failure:
            raise StepFailedError(f"journey: {method} {path}: {failure!r}") from failure
        if not answer.is_success:
            raise StepFailedError(
                f"journey: {method} {path} answered {answer.status_code}: {answer.text[:500]}"
            )
        return answer

    def _say(self, line: str) -> None:
        self.supervisor.progress.say(f"journey   {line}")
