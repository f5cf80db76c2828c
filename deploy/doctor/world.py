"""What one examination stands on, and what a subject has found that a later one needs."""

from dataclasses import dataclass, field
from datetime import timedelta

import sqlalchemy as sa

from common.settings import Settings
from deploy.doctor.asking import Ask
from deploy.doctor.nameserver import Dns


@dataclass(slots=True)
class World:
    """`topics`: the ARN of each flow's topic, by `feedback` and `inbound`, once it is known.
    `status_age`: how long ago the status worker had last seen its queue empty; None: never.
    `dns`: None where it has no say. `mail_from`: the identity's MAIL FROM domain, once it is known.
    `max_receives`: of the feedback queue. `receipt_rule`: the ARN of the rule that receives.
    """

    settings: Settings
    engine: sa.Engine
    ask: Ask
    probe_seconds: float = 30.0
    account: str = ""
    domain: str | None = field(init=False)
    topics: dict[str, str] = field(default_factory=dict)
    status_age: timedelta | None = None
    max_receives: int | None = None
    receipt_rule: str = ""
    dns: Dns | None = None
    mail_from: str = ""

    def __post_init__(self) -> None:
        self.domain = self.settings.default_domain

    def queue_url(self, flow: str) -> str | None:
        both = {"feedback": self.settings.feedback_queue_url}
        return (both | {"inbound": self.settings.inbound_queue_url})[flow]
