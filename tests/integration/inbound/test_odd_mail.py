"""Every odd mail that we have, through S3 and the parsers into the tables: each is there once."""

import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from common.models import Event, Message, RawMail
from services.inbound.parsing.children import Children
from services.inbound.receipt import Receipt, read
from services.inbound.receive import Receiver
from tests import odd_mail
from tests.integration.builders import Tenant
from tests.integration.inbound.post import Post, notification

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def receiver(engine: Engine, s3: "S3Client", children: Children) -> Receiver:
    return Receiver(engine, s3, children, lambda: None)


def test_each_is_stored_once_and_told_and_its_bytes_are_known(
    engine: Engine, acme: Tenant, receiver: Receiver, post: Post
) -> None:
    mails = odd_mail.everything()
    arrived = {post.arrives(raw): raw for raw in mails.values()}

    for receipt_id in [*arrived, *arrived]:  # each notification comes twice
        receipt = read(json.dumps(notification(receipt_id, acme.inbox.email)))
        assert isinstance(receipt, Receipt)
        receiver.take(receipt)

    with Session(engine) as session:
        messages = {one.external_message_id: one for one in session.exec(select(Message))}
        raws = {one.message_id: one for one in session.exec(select(RawMail))}
        told = [one.message_id for one in session.exec(select(Event))]
    assert messages.keys() == arrived.keys()
    assert len(told) == len(set(told)) == len(raws) == len(arrived) > 100
    for receipt_id, raw in arrived.items():
        kept = raws[messages[receipt_id].id]
        assert (kept.sha256, kept.size) == (hashlib.sha256(raw).hexdigest(), len(raw))
