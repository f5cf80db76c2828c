"""The messages and the thread that the document shows."""

from typing import Any, Final

_MESSAGE_ID: Final = "msg_01kamw3xbyfyts8n1z0m5vg2qd"
_THREAD_ID: Final = "thread_01kamw3xbyfyts8n1z0m5vg2qe"
_OF: Final = {
    "organizationId": "org_01kamw2k3wfj0tqvy5b8zq5h1c",
    "inboxId": "inbox_01kamw3xbyfyts8n1z0m5vg2qd",
}
_BEGAN: Final = "2026-11-22T09:30:00.000Z"
_DELIVERED: Final = "2026-11-22T09:30:01.250Z"
_ANSWERED: Final = "2026-11-22T10:12:09.480Z"

MESSAGE: Final[dict[str, Any]] = {
    "id": _MESSAGE_ID,
    "_id": _MESSAGE_ID,
    **_OF,
    "threadId": _THREAD_ID,
    "fromInboxId": _OF["inboxId"],
    "from": "Support <support@mail.example.com>",
    "to": ["Jane Doe <jane@customer.example>"],
    "cc": [],
    "bcc": [],
    "subject": "Your order 4711",
    "text": "It is on its way.",
    "labels": ["orders"],
    "attachments": [],
    "externalMessageId": "0100019d1c2b3a4f-5e6d7c8b-9a0f-4e1d-8c2b-3a4f5e6d7c8b-000000",
    "status": "delivered",
    "recipients": [
        {
            "email": "jane@customer.example",
            "kind": "to",
            "status": "delivered",
            "updatedAt": _DELIVERED,
        }
    ],
    "createdAt": _BEGAN,
    "updatedAt": _DELIVERED,
}
RECEIVED: Final[dict[str, Any]] = {
    "id": "msg_01kamw6w8af2kt6m1x9j4p7d5s",
    "_id": "msg_01kamw6w8af2kt6m1x9j4p7d5s",
    **_OF,
    "threadId": _THREAD_ID,
    "toInboxId": _OF["inboxId"],
    "from": "Jane Doe <jane@customer.example>",
    "to": ["Support <support@mail.example.com>"],
    "cc": [],
    "bcc": [],
    "subject": "Re: Your order 4711",
    "text": "It has arrived, thank you.\n\n> It is on its way.\n",
    "extractedText": "It has arrived, thank you.",
    "labels": [],
    "attachments": [],
    "externalMessageId": "d6iitobk75ur44p8kdnnp7g2n800",
    "status": "received",
    "recipients": [
        {
            "email": "support@mail.example.com",
            "kind": "to",
            "status": "received",
            "updatedAt": _ANSWERED,
        }
    ],
    "inReplyTo": _MESSAGE_ID,
    "date": "2026-11-22T10:12:05.000Z",
    "verdicts": {"spam": "pass", "virus": "pass", "spf": "pass", "dkim": "pass", "dmarc": "pass"},
    "senderVerified": True,
    "createdAt": _ANSWERED,
    "updatedAt": _ANSWERED,
}
THREAD: Final[dict[str, Any]] = {
    "id": _THREAD_ID,
    "_id": _THREAD_ID,
    **_OF,
    "subject": "Your order 4711",
    "participants": ["support@mail.example.com", "jane@customer.example"],
    "messageCount": 1,
    "lastMessageAt": _BEGAN,
    "createdAt": _BEGAN,
    "updatedAt": _BEGAN,
}
STREAM: Final = """\
id: evt_01kamw6w8af2kt6m1x9j4p7d5s
event: message.delivered
data: {"id":"evt_01kamw6w8af2kt6m1x9j4p7d5s","event":"message.delivered",...}

: ping
"""
