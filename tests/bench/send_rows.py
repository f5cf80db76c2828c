"""Messages as the API writes them, made in sets: queued ones, or ones that SES has already."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

import sqlalchemy as sa
from sqlmodel import SQLModel

from common import clock, ids
from common.db import as_json, insert_set, make_engine
from common.models import Inbox, Message, Organization, Recipient, Thread, Webhook
from common.settings import Settings
from common.vault import Vault
from tests.bench.compose import SMALL
from tests.bench.deliver import hook_at
from tests.bench.ground import whereabouts

OWNERS = 8
"""Organizations that take turns, each with an inbox and an endpoint."""
TOLD = ["message.sent", "message.delivered", "message.bounced"]
TO = SMALL.to[0]
_A_SET = 1000


def owners(settings: Settings) -> list[Inbox]:
    """An inbox of each. Nobody calls the endpoints; their deliveries are only written."""
    vault = Vault.of(settings)
    made = [Organization(name=f"bench {number}") for number in range(OWNERS)]
    inboxes = [
        Inbox(organization_id=one.id, email=f"{one.id.hex}@mail.example", name=SMALL.from_.name)
        for one in made
    ]
    hooks = [hook_at(vault, one, "http://127.0.0.1:9/") for one in made]
    for hook in hooks:
        hook.events = TOLD
    engine = make_engine(settings)
    with engine.begin() as connection:
        for table, rows in ((Organization, made), (Inbox, inboxes), (Webhook, hooks)):
            connection.execute(sa.insert(table).values([one.model_dump() for one in rows]))
    engine.dispose()
    return inboxes


def fill(
    settings: Settings, inboxes: list[Inbox], count: int, *, sent: bool = False
) -> list[Message]:
    """So many messages more, the inboxes in turns; due now, or with SES and recorded (`sent`)."""
    messages = [_message(inboxes[at % len(inboxes)], sent=sent) for at in range(count)]
    engine = make_engine(settings)
    left = iter(messages)
    while some := list(islice(left, _A_SET)):
        with engine.begin() as connection:
            _insert(connection, Thread, map(_thread, some))
            _insert(connection, Message, some)
            _insert(connection, Recipient, map(_recipient, some))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE"))
    engine.dispose()
    return messages


def _insert(connection: sa.Connection, table: type[SQLModel], rows: Iterable[SQLModel]) -> None:
    values = {"rows": as_json(one.model_dump() for one in rows)}
    connection.execute(insert_set(table, table.model_fields), values)


def _message(inbox: Inbox, *, sent: bool) -> Message:
    state: dict[str, Any] = {"status": "queued", "send_state": "queued"}
    if sent:
        given = f"0100019aab3c7f10-{ids.new()}-000000"
        state = {"status": "sent", "send_state": "done", "external_message_id": given}
    return Message(
        organization_id=inbox.organization_id,
        inbox_id=inbox.id,
        thread_id=ids.new(),
        direction="outbound",
        from_email=inbox.email,
        from_name=inbox.name or "",
        subject=SMALL.subject,
        text=SMALL.text,
        html=SMALL.html,
        headers=dict(SMALL.headers),
        labels=["orders"],
        request_id="req_bench",
        due_at=clock.now(),
        **state,
    )


def _thread(message: Message) -> Thread:
    return Thread(
        id=message.thread_id,
        organization_id=message.organization_id,
        inbox_id=message.inbox_id,
        subject=message.subject,
        last_message_id=message.id,
        participants=[message.from_email, TO.email],
    )


def _recipient(message: Message) -> Recipient:
    return Recipient(
        message_id=message.id,
        position=0,
        organization_id=message.organization_id,
        kind="to",
        email=TO.email,
        name=TO.name,
        status=message.status,
    )


def beside(settings: Settings, port: int) -> dict[str, str]:
    """The environment of a process that finds AWS at this port of loopback."""
    return whereabouts(settings) | {
        "POSTROOM_AWS_URL": f"http://127.0.0.1:{port}",
        "POSTROOM_METRICS_PORT": "0",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
    }
