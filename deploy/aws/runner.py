"""Goes through the account: first it looks at everything, then it makes, mends, or takes away."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from botocore.exceptions import ClientError

from deploy.aws.resource import Found, Resource, code_of

_NOT_YET: Final = frozenset(
    {
        "AWS.SimpleQueueService.QueueDeletedRecently",
        "BadRequestException",  # SES v2, of a topic whose policy it does not see yet
        "InvalidS3Configuration",
        "InvalidSnsTopic",
        "NoSuchBucket",
        "NoSuchEntity",
        "NotFoundException",
        "OperationAborted",
        "QueueDeletedRecently",
    }
)
"""What AWS says where one service has not heard yet of what another has made a moment ago."""
TRIES: Final = 14
_PAUSE_SECONDS: Final = 5.0
"""So that the name of a queue that was deleted, which is kept for 60 seconds, is waited for."""


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one resource, in a few words. `is_change`: the account is, or would be, not as
    it was. `is_kept`: it should have gone.
    """

    title: str
    words: str
    is_change: bool = False
    is_kept: bool = False

    def __str__(self) -> str:
        return f"{self.title}: {self.words}"


class RefusedError(Exception):
    """Nothing was done; each of `args` is a sentence."""


def up(
    resources: Iterable[Resource],
    *,
    dry_run: bool = False,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[Step]:
    """Raises `RefusedError` before anything is done, and what AWS says."""
    looked = [(one, one.find()) for one in resources]
    refusals = [found.refusal for _, found in looked if found and found.refusal]
    if refusals:
        raise RefusedError(*refusals)
    for one, found in looked:
        yield _up(one, found, dry_run, pause)


def _up(one: Resource, found: Found | None, dry_run: bool, pause: Callable[[float], None]) -> Step:
    if found and not found.differs:
        return Step(one.title, "as it was")
    act, done = (one.mend, "changed") if found else (one.make, "made")
    words = f"{done} ({', '.join(found.differs)})" if found else done
    if dry_run:
        return Step(one.title, f"would be {words}", is_change=True)
    _patiently(act, pause)
    return Step(one.title, words, is_change=True)


def _patiently(act: Callable[[], None], pause: Callable[[float], None]) -> None:
    for _ in range(TRIES - 1):
        try:
            return act()
        except ClientError as error:
            if code_of(error) not in _NOT_YET:
                raise
        pause(_PAUSE_SECONDS)
    return act()


def down(resources: Iterable[Resource], *, dry_run: bool = False) -> Iterator[Step]:
    """Backwards. Raises what AWS says."""
    for one in reversed(list(resources)):
        yield _down(one, one.find(), dry_run)


def _down(one: Resource, found: Found | None, dry_run: bool) -> Step:
    if found is None:
        return Step(one.title, "was not there")
    if not found.is_ours:
        return Step(one.title, "left, as it was not made here")
    if found.kept:
        return Step(one.title, f"left. {found.kept}", is_kept=True)
    if dry_run:
        return Step(one.title, "would be taken away", is_change=True)
    one.delete()
    return Step(one.title, "taken away", is_change=True)
