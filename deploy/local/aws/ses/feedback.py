"""Publishes what happens to a mail, with the faults that feedback may suffer on its way."""

import asyncio
from collections.abc import Callable

from deploy.local.aws.ses.configuration_sets import ConfigurationSets
from deploy.local.aws.ses.course import course
from deploy.local.aws.ses.events import Event, concerned
from deploy.local.aws.ses.faults import FaultPlan
from deploy.local.aws.ses.journal import Accepted
from deploy.local.aws.ses.notifications import envelope
from deploy.local.aws.ses.suppression import Suppression


class Feedback:
    def __init__(
        self,
        deliver: Callable[[str, str], object],
        sets: ConfigurationSets,
        suppression: Suppression,
        plan: FaultPlan,
    ) -> None:
        """`deliver`: a notification to whoever is subscribed to that topic."""
        self._notify = deliver
        self._sets = sets
        self._suppression = suppression
        self._plan = plan

    def publish(self, accepted: Accepted) -> None:
        """Nothing is published for a mail without a configuration set, as on AWS."""
        name = accepted.mail.configuration_set
        if name is None:
            return
        told = [
            (topic, body)
            for event in course(accepted, self._suppression.__contains__, self._is_delayed)
            for topic in self._sets.topics(name, event["eventType"])
            for body in self._copies(accepted, event, topic)
        ]
        if self._plan.now.feedback_shuffle:
            self._plan.dice.shuffle(told)
        for topic, body in told:
            self._deliver(topic, body)

    def _is_delayed(self) -> bool:
        return self._plan.happens(self._plan.now.delivery_delayed)

    def _copies(self, accepted: Accepted, event: Event, topic: str) -> list[str]:
        if self._plan.happens(self._plan.now.feedback_lost):
            return []
        accepted.tell(event["eventType"], concerned(event))
        bodies = [envelope(event, topic)]
        for copy in range(1, self._plan.now.feedback_duplicates + 1):
            # SQS repeats a message, SES repeats an event: the consumer must see through both.
            bodies.append(bodies[-1] if copy % 2 else envelope(event, topic))
        return bodies

    def _deliver(self, topic: str, body: str) -> None:
        delay = self._plan.now.feedback_delay_ms / 1000
        if delay and self._plan.now.feedback_shuffle:
            delay *= self._plan.dice.random()
        if delay:
            asyncio.get_running_loop().call_later(delay, self._notify, topic, body)
        else:
            self._notify(topic, body)
