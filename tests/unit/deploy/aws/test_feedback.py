"""Where events go, and what the faults of feedback do to them."""

import base64
import json
from dataclasses import replace
from typing import Any

from deploy.local.aws.ses.configuration_sets import ConfigurationSets
from deploy.local.aws.ses.faults import FaultPlan, Faults
from deploy.local.aws.ses.feedback import Feedback
from deploy.local.aws.ses.journal import Journal
from deploy.local.aws.ses.outgoing import Outgoing, read
from deploy.local.aws.ses.suppression import Suppression

TO = {"BccAddresses": [f"r{n}@example.com" for n in range(9)]}


def mail(configuration_set: str | None = "postroom") -> Outgoing:
    raw = base64.b64encode(b"From: a@example.com\r\n\r\nHi").decode()
    request: dict[str, Any] = {"Content": {"Raw": {"Data": raw}}, "Destination": TO}
    return replace(read(request), configuration_set=configuration_set)


def _feedback(bodies: list[str], plan: FaultPlan) -> Feedback:
    def deliver(_: str, body: str) -> None:
        bodies.append(body)

    return Feedback(deliver, ConfigurationSets(), Suppression(), plan)


def published(configuration_set: str | None = "postroom", **faults: Any) -> list[str]:
    bodies: list[str] = []
    plan = FaultPlan()
    plan.set(Faults.model_validate(faults))
    feedback = Feedback(
        lambda _, body: bodies.append(body), ConfigurationSets(), Suppression(), plan
    )
    feedback.publish(Journal().accept(mail(configuration_set)))
    return bodies


def of_whom(body: str) -> str:
    event = json.loads(json.loads(body)["Message"])
    return str(event.get("delivery", {"recipients": ["send"]})["recipients"][0])


def test_events_come_in_order_and_once() -> None:
    assert [of_whom(body) for body in published()] == ["send", *TO["BccAddresses"]]


def test_nothing_is_published_without_a_configuration_set() -> None:
    assert published(None) == []


def test_nothing_is_published_for_a_set_that_has_no_destination() -> None:
    assert published("another") == []


def test_duplicates_repeat_the_notification_and_the_event() -> None:
    bodies = published(feedbackDuplicates=2)[:3]

    ids = [json.loads(body)["MessageId"] for body in bodies]
    messages = {json.loads(body)["Message"] for body in bodies}
    assert ids[0] == ids[1] != ids[2]
    assert len(messages) == 1


def test_shuffled_feedback_is_complete_and_the_same_for_the_same_seed() -> None:
    in_order = [of_whom(body) for body in published()]

    shuffled = [of_whom(body) for body in published(feedbackShuffle=True, seed=7)]

    assert shuffled != in_order
    assert sorted(shuffled) == sorted(in_order)
    assert shuffled == [of_whom(body) for body in published(feedbackShuffle=True, seed=7)]


def test_lost_feedback_never_arrives() -> None:
    assert published(feedbackLost=1) == []
    assert 0 < len(published(feedbackLost=0.5, seed=3)) < 10


def test_what_was_told_is_remembered_once_however_often_it_was_repeated() -> None:
    accepted = Journal().accept(mail())
    plan = FaultPlan()
    plan.set(Faults.model_validate({"feedbackLost": 0.5, "feedbackDuplicates": 3, "seed": 3}))
    bodies: list[str] = []

    Feedback(lambda _, body: bodies.append(body), ConfigurationSets(), Suppression(), plan).publish(
        accepted
    )

    assert [whom[0] for kind, whom in accepted.told if kind == "Delivery"] == [
        whom for whom in dict.fromkeys(map(of_whom, bodies)) if whom != "send"
    ]
