"""Every way to be refused that anybody has thought of, by the room that refuses."""

from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from tests.integration.api.mailing import mail

JSON: Final = {"content-type": "application/json"}
HOOK: Final = {"url": "https://example.com/hook", "events": ["message.sent"]}
REPLAY: Final = {"since": "2026-11-22T09:30:00.000Z"}
FILE: Final = {"name": "a.txt", "contentType": "text/plain", "content": "QQ=="}
HUGE: Final = b64encode(bytes(29_500_000)).decode()
MANY: Final = [f"a{at}@b.example" for at in range(51)]
SEND: Final = "POST /v1/inboxes/{inbox}/messages/send"
REPLY: Final = "POST /v1/inboxes/{inbox}/messages/{received}/reply"
MESSAGES: Final = "/v1/inboxes/{inbox}/messages"
UUID_0: Final = "0" * 26


@dataclass(frozen=True, slots=True)
class Refused:
    """A request, by the names of what stands in its path, and how it is refused."""

    answer: str
    request: str
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, client: httpx.Client, names: dict[str, str]) -> httpx.Response:
        method, path = self.request.split(" ")
        as_bytes = isinstance(self.body, bytes)
        return client.request(
            method,
            path.format(**names),
            content=self.body if as_bytes else None,
            json=None if as_bytes else self.body,
            headers=(JSON if as_bytes else {}) | self.headers,
        )


def sending(answer: str, **changes: Any) -> Refused:
    return Refused(answer, SEND, mail(**changes))


def replying(answer: str, **changes: Any) -> Refused:
    return Refused(answer, REPLY, {"text": "x"} | changes)


INVALID: Final = "422 validation_failed"
NO_INBOX: Final = "404 inbox_not_found"
NO_MESSAGE: Final = "404 message_not_found"

AT_THE_EDGE: Final = [
    Refused("404 route_not_found", "POST /v1/nothing", {}),
    Refused("404 route_not_found", "GET /"),
    Refused("405 method_not_allowed", "PUT /v1/inboxes/{inbox}", {}),
    Refused("405 method_not_allowed", "DELETE " + MESSAGES + "/{sent}"),
    Refused("401 unauthorized", SEND, mail(), {"authorization": "Bearer pr_wrong"}),
    Refused("401 unauthorized", SEND, mail(), {"authorization": ""}),
    Refused("401 unauthorized", "DELETE /v1/inboxes/{inbox}", None, {"authorization": "Basic x"}),
    Refused("415 unsupported_content_encoding", SEND, b"\x1f", {"content-encoding": "gzip"}),
    Refused("415 unsupported_media_type", SEND, b"{}", {"content-type": "text/plain"}),
    Refused("413 message_too_large", SEND, b" " * 42_000_001),
    Refused("400 invalid_json", SEND, b""),
    Refused("400 invalid_json", SEND, b"{"),
    Refused("400 invalid_json", SEND, b"\xff"),
    Refused("400 invalid_json", SEND, b"[" * 10_000),
    Refused("400 invalid_json", SEND, b'{"text": "\\ud800"}'),
    Refused(INVALID, SEND, b"[]"),
    Refused(INVALID, SEND, b"null"),
]
SENDS: Final = [
    sending(INVALID, to=[]),
    sending(INVALID, to=["nobody"]),
    sending(INVALID, to="jane@b.example"),
    sending(INVALID, to=MANY),
    sending(INVALID, cc=MANY[:50]),
    sending(INVALID, bcc=["Jane\r\nCc: x@y.example <jane@b.example>"]),
    sending(INVALID, replyTo=["x"]),
    sending(INVALID, text=""),
    sending(INVALID, text="\0"),
    sending(INVALID, subject="a\r\nBcc: x@y.example"),
    sending(INVALID, headers={"X-A": "a\r\nBcc: x@y.example"}),
    sending(INVALID, headers={"X-A\r\nBcc": "x@y.example"}),
    sending(INVALID, headers={"Bcc": "x@y.example"}),
    sending(INVALID, labels=["a\nb"]),
    sending(INVALID, attachments=[FILE | {"content": "?"}]),
    sending(INVALID, attachments=[FILE | {"name": "a.exe"}]),
    sending(INVALID, attachments=[FILE | {"contentType": "x"}]),
    sending(INVALID, unknown=1),
    sending("413 message_too_large", attachments=[FILE | {"content": HUGE}]),
    Refused("400 invalid_idempotency_key", SEND, mail(), {"idempotency-key": "a b"}),
    Refused("422 idempotency_key_reused", SEND, mail(text="Other"), {"idempotency-key": "used"}),
    Refused(NO_INBOX, SEND.replace("{inbox}", "{their_inbox}"), mail()),
    Refused(NO_INBOX, SEND.replace("{inbox}", "{deleted_inbox}"), mail()),
    Refused(NO_INBOX, SEND.replace("{inbox}", f"inbox_{UUID_0}"), mail()),
    Refused(NO_INBOX, SEND.replace("{inbox}", "%00"), mail()),
    Refused(NO_INBOX, SEND.replace("{inbox}", "{their_inbox}"), mail(), {"idempotency-key": "n"}),
]
REPLIES: Final = [
    replying(INVALID, text=""),
    replying(INVALID, to=["a@b.example"]),
    replying(INVALID, cc=MANY[:50]),
    replying(INVALID, replyAll="yes"),
    replying(INVALID, attachments=[{}]),
    replying("413 message_too_large", attachments=[FILE | {"content": HUGE}]),
    Refused("422 idempotency_key_reused", REPLY, {"text": "x"}, {"idempotency-key": "used"}),
    Refused(INVALID, REPLY.replace("{received}", "{to_oneself}"), {"text": "x"}),
    Refused(NO_MESSAGE, REPLY.replace("{received}", "{their_message}"), {"text": "x"}),
    Refused(NO_MESSAGE, REPLY.replace("{received}", f"msg_{UUID_0}"), {"text": "x"}),
    Refused(NO_MESSAGE, REPLY.replace("{received}", "x"), {"text": "x"}),
    Refused(NO_INBOX, REPLY.replace("{inbox}", "{their_inbox}"), {"text": "x"}),
    Refused(NO_MESSAGE, REPLY.replace("{inbox}", "{other_inbox}"), {"text": "x"}),
]
AT_MESSAGES: Final = [
    Refused(INVALID, "GET " + MESSAGES + "?status=x"),
    Refused(INVALID, "GET " + MESSAGES + "?limit=0"),
    Refused("400 invalid_cursor", "GET " + MESSAGES + "?cursor=x"),
    Refused(NO_INBOX, "GET /v1/inboxes/{their_inbox}/messages"),
    Refused(NO_MESSAGE, "GET " + MESSAGES + "/{their_message}"),
    Refused(NO_MESSAGE, "GET " + MESSAGES + "/{their_message}/events"),
    Refused("404 attachment_not_found", "GET " + MESSAGES + "/{sent}/attachments/x"),
    Refused("404 thread_not_found", "GET /v1/inboxes/{inbox}/threads/{their_thread}"),
    Refused("400 invalid_cursor", "GET /v1/inboxes/{inbox}/threads?cursor=x"),
    Refused(NO_MESSAGE, "PATCH " + MESSAGES + "/{their_message}", {"labels": {"add": ["a"]}}),
    Refused(NO_INBOX, "PATCH /v1/inboxes/{their_inbox}/messages/{their_message}", {"labels": {}}),
    Refused(INVALID, "PATCH " + MESSAGES + "/{sent}", {"labels": {"add": [""]}}),
    Refused(INVALID, "PATCH " + MESSAGES + "/{sent}", {"labels": {"add": MANY}}),
    Refused(INVALID, "PATCH " + MESSAGES + "/{sent}", {"labels": {"add": MANY[:50]}}),
    Refused(INVALID, "PATCH " + MESSAGES + "/{sent}", {"subject": "x"}),
    Refused("400 invalid_json", "PATCH " + MESSAGES + "/{sent}", b"{"),
]
AT_INBOXES: Final = [
    Refused("400 invalid_json", "POST /v1/inboxes", b"{"),
    Refused(INVALID, "POST /v1/inboxes", {"unknown": 1}),
    Refused(INVALID, "POST /v1/inboxes", {"name": "a\r\nb"}),
    Refused(INVALID, "POST /v1/inboxes", {"email": "x"}),
    Refused("409 inbox_exists", "POST /v1/inboxes", {"email": "SHOP@mail.test"}),
    Refused("409 inbox_exists", "POST /v1/inboxes", {"email": "theirs@mail.test"}),
    Refused("422 domain_not_verified", "POST /v1/inboxes", {"email": "a@foreign.example"}),
    Refused("400 invalid_idempotency_key", "POST /v1/inboxes", {}, {"idempotency-key": "x" * 256}),
    Refused("422 idempotency_key_reused", "POST /v1/inboxes", {}, {"idempotency-key": "used"}),
    Refused(INVALID, "PATCH /v1/inboxes/{inbox}", {"name": 5}),
    Refused(NO_INBOX, "PATCH /v1/inboxes/{their_inbox}", {"name": "mine"}),
    Refused(NO_INBOX, "DELETE /v1/inboxes/{their_inbox}"),
    Refused(NO_INBOX, "DELETE /v1/inboxes/{deleted_inbox}"),
    Refused(NO_INBOX, "DELETE /v1/inboxes/x"),
]
AT_THE_REST: Final = [
    Refused(INVALID, "POST /v1/webhooks", HOOK | {"url": "http://example.com/"}),
    Refused(INVALID, "POST /v1/webhooks", HOOK | {"url": "https://127.0.0.1/"}),
    Refused(INVALID, "POST /v1/webhooks", HOOK | {"events": ["x"]}),
    Refused(INVALID, "POST /v1/webhooks", HOOK | {"events": []}),
    Refused("422 idempotency_key_reused", "POST /v1/webhooks", HOOK, {"idempotency-key": "used"}),
    Refused("404 webhook_not_found", "DELETE /v1/webhooks/{their_webhook}"),
    Refused("404 webhook_not_found", "POST /v1/webhooks/{their_webhook}/test"),
    Refused("404 webhook_not_found", "GET /v1/webhooks/{their_webhook}/attempts"),
    Refused("404 webhook_not_found", "PATCH /v1/webhooks/{their_webhook}", {"enabled": False}),
    Refused(INVALID, "PATCH /v1/webhooks/{their_webhook}", {}),
    Refused("404 webhook_not_found", "POST /v1/webhooks/{their_webhook}/rotate"),
    Refused("404 webhook_not_found", "POST /v1/webhooks/{their_webhook}/replay", REPLAY),
    Refused(INVALID, "POST /v1/webhooks/{their_webhook}/replay", {}),
    Refused("400 invalid_cursor", "GET /v1/events/stream", headers={"last-event-id": "x"}),
    Refused(INVALID, "POST /v1/api_keys", {}),
    Refused(INVALID, "POST /v1/api_keys", {"name": "a", "unknown": 1}),
    Refused("404 api_key_not_found", "DELETE /v1/api_keys/{their_key}"),
    Refused("409 last_api_key", "DELETE /v1/api_keys/{key}"),
    Refused("400 invalid_cursor", "GET /v1/events?cursor=x"),
]
PAST_THE_LIMIT: Final = [
    Refused("429 rate_limit_exceeded", SEND, mail()),
    Refused("429 rate_limit_exceeded", SEND, mail(), {"idempotency-key": "new"}),
    Refused("429 rate_limit_exceeded", SEND, mail(attachments=[FILE])),
    Refused("429 rate_limit_exceeded", REPLY, {"text": "x"}),
]
ROOMS: Final = {
    "at the edge": AT_THE_EDGE,
    "sends": SENDS,
    "replies": REPLIES,
    "messages and threads": AT_MESSAGES,
    "inboxes": AT_INBOXES,
    "webhooks, keys and events": AT_THE_REST,
    "past the limit": PAST_THE_LIMIT,
}
