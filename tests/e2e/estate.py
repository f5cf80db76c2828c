"""An organization that owns one of everything."""

from dataclasses import dataclass

from tests.e2e.customer import Customer, Json
from tests.e2e.endpoint import Endpoint

_UNHEARD = {"url": "http://127.0.0.1:9/", "events": ["domain.verified"]}


@dataclass(frozen=True, slots=True)
class Estate:
    """`ids`: by the names that paths have for them."""

    owner: Customer
    inbox: Json
    message: Json
    ids: dict[str, str]

    def disposable(self, name: str) -> str:
        """The id of something that nobody needs."""
        if name == "keyId":
            return str(self.owner.call("POST", "/v1/api_keys", {"name": "disposable"})["id"])
        if name == "webhookId":
            return str(self.owner.call("POST", "/v1/webhooks", _UNHEARD)["id"])
        return str(self.owner.inbox()["id"])


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
