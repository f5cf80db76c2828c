"""What SES tells of mails, as SNS puts it into the queue."""

import json
from collections.abc import Iterable

from common import ids
from common.models import Message
from tests import ses
from tests.bench.send_rows import TO

BOUNCE_EVERY = 25
"""4 % bounce, which is below what pauses an organization."""


def letters(messages: Iterable[Message]) -> list[str]:
    """One of each: it was delivered, or it bounced."""
    envelope = json.loads(ses.recorded("sns_notification"))
    return [_letter(envelope, number, one) for number, one in enumerate(messages)]


def _letter(envelope: dict[str, str], number: int, message: Message) -> str:
    name = "delivery" if number % BOUNCE_EVERY else "bounce_permanent"
    told = ses.event(name, message.external_message_id or "", message.id, (TO.email,))
    return json.dumps(envelope | {"MessageId": str(ids.new()), "Message": told})
