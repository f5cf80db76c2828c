"""An organization that owns one of everything."""

from dataclasses import dataclass

from tests.e2e.customer import Customer, Json
from tests.e2e.endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class Estate:
    """`ids`: by the names that paths have for them."""

    owner: Customer
    inbox: Json
    message: Json
    ids: dict[str, str]


def estate_of(owner: Customer, endpoint: Endpoint, words: str = "words") -> Estate:
    """`words` stand in all that can hold some; the endpoint's webhook is the owner's."""
    inbox = owner.inbox(name=f"{words} inbox")
    file = {"name": f"{words}.pdf", "contentType": "application/pdf", "content": "SGVsbG8="}
    message = owner.send(inbox, subject=words, text=words, labels=[words], attachments=[file])
    webhooks = owner.call("GET", "/v1/webhooks")
    ids = {
        "inboxId": inbox["id"],
        "messageId": message["id"],
        "threadId": message["threadId"],
        "attachmentId": message["attachments"][0]["id"],
        "webhookId": next(one["id"] for one in webhooks if one["url"] == endpoint.url),
        "keyId": owner.call("POST", "/v1/api_keys", {"name": words})["id"],
    }
    return Estate(owner, inbox, message, ids)
