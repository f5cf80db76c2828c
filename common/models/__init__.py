"""The one schema. Services meet only here and in the names of rooms (`common.queue`)."""

from common.models.checkpoint import Checkpoint
from common.models.feedback import Feedback
from common.models.idempotency import Idempotency
from common.models.inbox import Domain, Inbox, Thread
from common.models.message import Attachment, Blob, Message, RawMail, Recipient, Search
from common.models.organization import ApiKey, Organization
from common.models.webhook import Attempt, Delivery, Event, Webhook

__all__ = [
    "ApiKey",
    "Attachment",
    "Attempt",
    "Blob",
    "Checkpoint",
    "Delivery",
    "Domain",
    "Event",
    "Feedback",
    "Idempotency",
    "Inbox",
    "Message",
    "Organization",
    "RawMail",
    "Recipient",
    "Search",
    "Thread",
    "Webhook",
]
