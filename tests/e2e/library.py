"""Mail that can be found: an inbox of three messages, and the same words where they must not be."""

import json
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from html import unescape
from http.client import HTTPConnection
from secrets import token_hex
from typing import Any

from tests.e2e.customer import Customer, Json, customer
from tests.e2e.local import Local
from tests.waiting import eventually

WITHIN = 5
"""Seconds until a new message is found: contract.md."""

ORDER, INVOICE, OTHER = "order", "invoice", "other"


@dataclass(frozen=True, slots=True)
class Library:
    """An inbox whose mail can be found. `ids`: its messages by what they are called here."""

    owner: Customer
    inbox: Json
    ids: dict[str, str]
    texts: dict[str, str]
    """All that each message can be found by, by its id."""
    connection: HTTPConnection

    def find(self, query: str) -> set[str]:
        """What is found, by what it is called here."""
        names = {message_id: name for name, message_id in self.ids.items()}
        return {names[one] for one in self.owner.search(self.inbox, query)}

    def get(self, percent_encoded: str, part: str = "messages") -> tuple[int, Any]:
        """The answer to a query as it stands in the URL, which httpx would mend."""
        path = f"/v1/inboxes/{self.inbox['id']}/{part}?limit=100&query={percent_encoded}"
        key = {"authorization": f"Bearer {self.owner.api_key}"}
        self.connection.request("GET", path, headers=key)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())


@contextmanager
def filled(local: Local) -> Iterator[Library]:
    """All of it, as soon as it can be found."""
    with customer(local) as owner, customer(local, "other") as stranger:
        # An address of the API's own making begins with any letter, and so do queries here.
        inbox = owner.inbox(name="Zoë Quill", email=f"quill{token_hex(8)}@postroom.test")
        sent = {
            ORDER: owner.send(inbox, subject="Your ORDER 4711", text="Teapot, blue; 100% cotton"),
            INVOICE: owner.send(
                inbox, subject="Invoice: Straße", html="<p>Tea<b>pot</b> &amp; O'Neil</p>", text=""
            ),
            OTHER: owner.send(inbox, subject="日本語の件名", text="a_b c-d e.f größer"),
        }
        others = {one: one.inbox(name="Elsewhere") for one in (owner, stranger)}
        for one, elsewhere in others.items():
            one.send(elsewhere, subject="ORDER 4711", text="teapot")
        names = {name: message["id"] for name, message in sent.items()}
        texts = {one["id"]: _all_text(one) for one in sent.values()}
        with closing(HTTPConnection(local.url.removeprefix("http://"), timeout=30)) as connection:
            library = Library(owner, inbox, names, texts, connection)
            eventually(lambda: library.find("quill") == {*sent}, WITHIN, "the mail is found")
            for one, elsewhere in others.items():
                eventually(partial(one.search, elsewhere, "teapot"), WITHIN, "the others' as well")
            yield library


def _all_text(message: Json) -> str:
    bodies = [message.get("text", ""), unescape(re.sub("<.*?>", "", message.get("html", "")))]
    return " ".join([message["subject"], message["from"], *bodies])
