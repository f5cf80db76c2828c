"""The sender's door: a ring wakes the room."""

import dramatiq

from common.queue import SENDER, Doorbell, actor_of
from common.room import Room
from services.sender.jobs import Claimed, Result


def declare(doorbell: Doorbell, room: Room[Claimed, Result]) -> None:
    """The actor that answers rings for the sender."""

    @dramatiq.actor(broker=doorbell.broker, queue_name=SENDER, actor_name=actor_of(SENDER))
    def wake_sender() -> None:
        doorbell.answer(SENDER)
        room.wake()
