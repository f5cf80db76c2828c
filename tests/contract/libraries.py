"""The official libraries of Standard Webhooks, both asked in the same words."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from standardwebhooks import Webhook, WebhookVerificationError

from tests.contract.node import Running


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a receiver makes of a call: the event, or why there is none."""

    event: Any = None
    refused: str | None = None


class Library(Protocol):
    def verify(self, secret: str, body: bytes, headers: Mapping[str, str]) -> Verdict: ...

    def sign(self, secret: str, webhook_id: str, timestamp: int, body: str) -> str: ...


class Python:
    """`standardwebhooks` of PyPI."""

    def verify(self, secret: str, body: bytes, headers: Mapping[str, str]) -> Verdict:
        try:
            return Verdict(Webhook(secret).verify(body, dict(headers)))
        except WebhookVerificationError as error:
            return Verdict(refused=str(error))
        except ValueError:
            # 1.1.0 lets it out for a header that it cannot take apart, or that is not base64.
            return Verdict(refused="No matching signature found")

    def sign(self, secret: str, webhook_id: str, timestamp: int, body: str) -> str:
        return Webhook(secret).sign(webhook_id, datetime.fromtimestamp(timestamp, UTC), body)


@dataclass(frozen=True, slots=True)
class JavaScript:
    """`standardwebhooks` of npm, under Node."""

    node: Running

    def verify(self, secret: str, body: bytes, headers: Mapping[str, str]) -> Verdict:
        call = {"secret": secret, "body": b64encode(body).decode(), "headers": dict(headers)}
        (told,) = self.node.ask({"verify": [call]})
        assert told.get("kindly", True), told  # nothing but its own error is thrown
        return Verdict(told.get("event"), told.get("refused"))

    def sign(self, secret: str, webhook_id: str, timestamp: int, body: str) -> str:
        message = {"secret": secret, "id": webhook_id, "timestamp": timestamp}
        message["body"] = b64encode(body.encode()).decode()
        (signature,) = self.node.ask({"sign": [message]})
        return str(signature)
