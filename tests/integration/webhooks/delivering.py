"""One delivery after the other, what an endpoint says to it, and what it was asked."""

from typing import Any

import sqlalchemy as sa
from standardwebhooks.webhooks import Webhook as Verifier

from services.webhooks.deliver import Deliverer
from tests.integration.builders import SECRET


def saying(status: int, header: str = "x: y") -> bytes:
    return f"HTTP/1.1 {status} x\r\n{header}\r\ncontent-length: 0\r\n\r\n".encode()


def verified(request: bytes) -> tuple[dict[str, str], Any]:
    """The headers, and the body as the library `standardwebhooks` lets it through."""
    head, body = request.split(b"\r\n\r\n", 1)
    lines = head.decode().split("\r\n")[1:]
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return headers, Verifier(SECRET).verify(body, headers)


def deliver(deliverer: Deliverer) -> int:
    """All that is due, one after the other; how many."""
    claims = deliverer.claim(100)
    for claimed in claims:
        deliverer.perform(claimed)
    return len(claims)


def make_due(engine: sa.Engine, attempts: int | None = None) -> None:
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE delivery SET due_at = now(), attempts = coalesce(:made, attempts)"),
            {"made": attempts},
        )
