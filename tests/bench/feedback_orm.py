"""Feedback the usual way, which the status worker is measured against: a session and a commit for
each event, rows as objects. It has no queue to read and none to delete from.
"""

import time
from collections.abc import Sequence

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from common import clock
from common.db import make_engine
from common.models import Delivery, Event, Feedback, Message, Recipient, Webhook
from common.settings import Settings
from common.statuses import of_message
from services.status.parse import SesEvent, parse
from services.status.transitions import status_of


def drive(settings: Settings, bodies: list[str]) -> tuple[float, float]:
    """Takes all of them; seconds and CPU seconds of it. Raises ValueError for what is no event."""
    engine = make_engine(settings)
    with engine.connect():
        began, cpu = time.perf_counter(), time.process_time()
    for body in bodies:
        _take(engine, body)
    spent = time.perf_counter() - began, time.process_time() - cpu
    engine.dispose()
    return spent


def _take(engine: Engine, body: str) -> None:
    event = parse(body)
    if not isinstance(event, SesEvent) or (status := status_of(event)) is None:
        raise ValueError(body)
    with Session(engine) as session:
        known = select(Feedback).where(Feedback.dedup_key == event.dedup_key)
        if session.exec(known).first():
            return
        its = Message.external_message_id == event.external_message_id
        message = session.exec(select(Message).where(its)).one()
        recipients = _move(session, message, event, status)
        _tell(session, message, recipients)
        session.add(_feedback(event, message))
        session.commit()


def _move(session: Session, message: Message, event: SesEvent, status: str) -> Sequence[Recipient]:
    of_it = select(Recipient).where(Recipient.message_id == message.id)
    recipients = session.exec(of_it.order_by(col(Recipient.position))).all()
    for one in recipients:
        if one.email in event.recipients:
            one.status = status
            one.reason = event.reason or None
            one.status_at = event.at
            one.updated_at = clock.now()
    message.status = of_message(status)
    message.status_reason = event.reason or None
    message.updated_at = clock.now()
    return recipients


def _tell(session: Session, message: Message, recipients: Sequence[Recipient]) -> None:
    payload = message.model_dump(mode="json", exclude={"text", "html"})
    payload["recipients"] = [one.model_dump(mode="json") for one in recipients]
    event = Event(
        organization_id=message.organization_id,
        inbox_id=message.inbox_id,
        message_id=message.id,
        type=f"message.{message.status}",
        payload=payload,
    )
    session.add(event)
    owned = select(Webhook).where(Webhook.organization_id == message.organization_id)
    for hook in session.exec(owned.where(col(Webhook.enabled), col(Webhook.deleted_at).is_(None))):
        if event.type in hook.events:
            session.add(
                Delivery(
                    organization_id=hook.organization_id, event_id=event.id, webhook_id=hook.id
                )
            )


def _feedback(event: SesEvent, message: Message) -> Feedback:
    return Feedback(
        organization_id=message.organization_id,
        message_id=message.id,
        dedup_key=event.dedup_key,
        kind=event.kind,
        external_message_id=event.external_message_id,
        raw=event.raw,
        applied_at=clock.now(),
    )
