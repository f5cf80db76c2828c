"""Customers of a system under fault: organizations with an inbox and endpoints of their own."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import httpx
import sqlalchemy as sa

from common import events
from common.settings import with_driver
from services.api import keys
from tests.faults.sink import Sink

Json = dict[str, Any]

SIMULATOR: Final = "simulator.amazonses.com"


@dataclass(frozen=True, slots=True)
class Customer:
    organization_id: UUID
    api_key: str
    inbox_id: str

    @property
    def path(self) -> str:
        """Where it sends."""
        return f"/v1/inboxes/{self.inbox_id}/messages/send"

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.api_key}", "content-type": "application/json"}


def customers(database_url: str, url: str, count: int) -> list[Customer]:
    """New ones, each with an inbox."""
    engine = sa.create_engine(with_driver(database_url))
    try:
        with engine.begin() as connection:
            made = [
                keys.create_organization(connection, f"fault {number}", None)
                for number in range(count)
            ]
    finally:
        engine.dispose()
    with httpx.Client(base_url=url, timeout=20, trust_env=False) as client:
        return [
            Customer(org, key, _made(client, key, "/v1/inboxes", {})["id"]) for org, key in made
        ]


def subscribe(url: str, whom: Iterable[Customer], sink: Sink, name: str) -> None:
    """Each gets an endpoint that hears of everything, at `/NAME-1`, `/NAME-2`, ..."""
    with httpx.Client(base_url=url, timeout=20, trust_env=False) as client:
        for number, customer in enumerate(whom, 1):
            path = f"{name}-{number}"
            wanted = {"url": sink.url_of(path), "events": list(events.DESCRIPTIONS)}
            made = _made(client, customer.api_key, "/v1/webhooks", wanted)
            sink.secrets[path] = made["secret"]
            sink.ids[path] = made["id"]


def _made(client: httpx.Client, key: str, path: str, body: Json) -> Json:
    answer = client.post(path, json=body, headers={"authorization": f"Bearer {key}"})
    made: Json = answer.raise_for_status().json()
    return made


def mail(dice: random.Random, number: int) -> Json:
    """To one recipient or to several, some of whom bounce or complain."""
    count = 1 if dice.random() < 0.7 else dice.randint(2, 5)
    whom = [f"{_fate(dice)}+{number}-{place}@{SIMULATOR}" for place in range(count)]
    return {
        "to": whom[:2],
        "cc": whom[2:3],
        "bcc": whom[3:],
        "subject": f"Message {number}",
        "text": f"This is number {number}. {dice.random()}",
    }


def _fate(dice: random.Random) -> str:
    return dice.choices(["success", "bounce", "complaint"], [8, 1, 1])[0]
