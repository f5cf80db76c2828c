"""AWS hears of its own with a delay, and that is waited for; what is wrong is said at once."""

from dataclasses import dataclass, field

import pytest
from botocore.exceptions import ClientError

from deploy.aws.resource import Found
from deploy.aws.runner import TRIES, RefusedError, up


@dataclass
class Thing:
    """That AWS does not take before `refuses` calls."""

    refuses: int = 0
    code: str = "InvalidSnsTopic"
    found: Found | None = None
    made: list[str] = field(default_factory=list)
    title: str = "Thing"

    def find(self) -> Found | None:
        return self.found

    def make(self) -> None:
        self.made.append(self.code)
        if len(self.made) <= self.refuses:
            raise ClientError({"Error": {"Code": self.code, "Message": ""}}, "Make")

    def mend(self) -> None:
        self.make()

    def delete(self) -> None:
        raise NotImplementedError


def test_what_aws_does_not_see_yet_is_tried_again() -> None:
    pauses: list[float] = []
    (step,) = up([Thing(refuses=2)], pause=pauses.append)

    assert (step.words, pauses) == ("made", [5.0, 5.0])


def test_it_is_waited_for_longer_than_sqs_keeps_the_name_of_a_queue() -> None:
    pauses: list[float] = []
    with pytest.raises(ClientError):
        list(up([Thing(refuses=TRIES)], pause=pauses.append))

    assert 60 < sum(pauses) < 120


def test_what_is_wrong_is_not_tried_again() -> None:
    thing = Thing(refuses=1, code="AccessDenied")
    with pytest.raises(ClientError):
        list(up([thing], pause=lambda _: None))

    assert len(thing.made) == 1


def test_one_refusal_is_enough_for_nothing_to_be_done() -> None:
    absent = Thing()
    with pytest.raises(RefusedError, match="somebody's"):
        list(up([absent, Thing(found=Found(is_ours=False, refusal="It is somebody's."))]))

    assert absent.made == []
