"""The webhook worker's door: a ring wakes the room."""

import dramatiq

from common.queue import WEBHOOKS, Doorbell, actor_of
from common.room import Room
from services.webhooks.jobs import Claimed, Result


def declare(doorbell: Doorbell, room: Room[Claimed, Result]) -> None:
    """The actor that answers rings for the webhook worker."""

    @dramatiq.actor(broker=doorbell.broker, queue_name=WEBHOOKS, actor_name=actor_of(WEBHOOKS))
    def wake_webhooks() -> None:
        doorbell.answer(WEBHOOKS)
        room.wake()
