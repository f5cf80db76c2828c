"""The shape that every kind of resource has, and what is found of one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from botocore.exceptions import ClientError

from deploy.aws.blueprint import TAG, Blueprint
from deploy.aws.clients import Clients

if TYPE_CHECKING:
    from mypy_boto3_sesv2.type_defs import TagTypeDef

Tags = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Account:
    """Where, what, and what is allowed there.

    `adopt`: take over what has our name and not our tag. `replace_rule_set`: make the rule set
    that is active inactive. `delete_mail`: the bucket goes with all that is in it.
    """

    clients: Clients
    blueprint: Blueprint
    adopt: bool = False
    replace_rule_set: bool = False
    delete_mail: bool = False

    @property
    def tags(self) -> "list[TagTypeDef]":
        """SES, SNS, S3 and IAM take them in the same shape."""
        return [{"Key": TAG, "Value": self.blueprint.name}]

    def is_tagged(self, tags: Mapping[str, str] | Tags | None) -> bool:
        """Whatever shape the service gives its tags in."""
        pairs = tags if isinstance(tags, Mapping) else {t["Key"]: t["Value"] for t in tags or ()}
        return pairs.get(TAG) == self.blueprint.name


@dataclass(frozen=True, slots=True)
class Found:
    """`is_ours`: `down` may take it away. `differs`: what is not as it shall be, in AWS's words.
    `refusal`: a sentence that says why `up` does not touch it; where there is one it does nothing
    at all. `kept`: the same for `down`, which leaves it and goes on.
    """

    is_ours: bool = True
    differs: tuple[str, ...] = ()
    refusal: str = ""
    kept: str = ""


class Resource(Protocol):
    """One thing on the account. All of it raises botocore's errors."""

    @property
    def title(self) -> str: ...

    def find(self) -> Found | None:
        """What is there; None where nothing is. Reads alone."""

    def make(self) -> None:
        """Where nothing is."""

    def mend(self) -> None:
        """What is there becomes as it shall be, and ours."""

    def delete(self) -> None:
        """What is there, and ours."""


MISSING: Final = frozenset(
    {
        "404",  # of S3's HEAD
        "AWS.SimpleQueueService.NonExistentQueue",
        "NoSuchBucket",
        "NoSuchBucketPolicy",
        "NoSuchEntity",
        "NoSuchLifecycleConfiguration",
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchTagSet",
        "NotFound",
        "NotFoundException",
        "QueueDoesNotExist",
        "RuleDoesNotExist",
        "RuleSetDoesNotExist",
        "ServerSideEncryptionConfigurationNotFoundError",
    }
)
"""How the services say that something is not there."""


def code_of(error: ClientError) -> str:
    """AWS's name of the error."""
    return error.response.get("Error", {}).get("Code", "")


def is_missing(error: ClientError) -> bool:
    return code_of(error) in MISSING


def judged(
    account: Account,
    title: str,
    tags: Mapping[str, str] | Tags | None,
    differs: Iterable[str] = (),
    kept: str = "",
) -> Found:
    """Of something that carries tags."""
    if account.is_tagged(tags):
        return Found(differs=tuple(differs), kept=kept)
    if account.adopt:
        return Found(differs=("Tags", *differs))
    name = account.blueprint.name
    return Found(
        is_ours=False,
        refusal=f"{title} is there, and was not made for {name!r}: it has no tag {TAG}={name}. "
        "Take another --name, or take it over with --adopt; down will then delete it.",
    )
