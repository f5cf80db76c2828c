"""S3: the mail as it came. Nobody's but the account's, encrypted, and gone after its time."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from botocore.exceptions import ClientError

from deploy.aws import desired
from deploy.aws.comparison import same
from deploy.aws.resource import Account, Found, code_of, is_missing, judged

if TYPE_CHECKING:
    from mypy_boto3_s3.literals import BucketLocationConstraintType

_FIRST_REGION: Final = "us-east-1"
"""Which S3 takes for no region at all."""
SETUP_OBJECT: Final = "AMAZON_SES_SETUP_NOTIFICATION"
"""SES writes it to try a receipt rule; it is no mail."""
_MAIL: Final = "There is mail in it, which --delete-mail would take away for good."


@dataclass(frozen=True, slots=True)
class Bucket:
    account: Account

    @property
    def title(self) -> str:
        return f"S3 bucket {self._name}"

    @property
    def _name(self) -> str:
        return self.account.blueprint.mail_bucket

    def find(self) -> Found | None:
        """Somebody else may have a bucket of the name: then S3 says Forbidden."""
        s3 = self.account.clients.s3
        try:
            s3.head_bucket(Bucket=self._name)
        except ClientError as error:
            if is_missing(error):
                return None
            if code_of(error) == "403":
                words = f"{self.title} belongs to another account, or is closed to you: --bucket."
                return Found(is_ours=False, refusal=words)
            raise
        tags = _told(lambda: s3.get_bucket_tagging(Bucket=self._name)["TagSet"])
        kept = "" if self.account.delete_mail or not self._has_mail() else _MAIL
        return judged(self.account, self.title, tags, self._differs(), kept)

    def _differs(self) -> tuple[str, ...]:
        s3, name = self.account.clients.s3, self._name
        shown: dict[str, Callable[[], Any]] = {
            "PublicAccessBlock": lambda: s3.get_public_access_block(Bucket=name)[
                "PublicAccessBlockConfiguration"
            ],
            "Encryption": lambda: [
                {"ApplyServerSideEncryptionByDefault": one["ApplyServerSideEncryptionByDefault"]}
                for one in s3.get_bucket_encryption(Bucket=name)[
                    "ServerSideEncryptionConfiguration"
                ]["Rules"]
            ],
            "Lifecycle": lambda: s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"],
            "Policy": lambda: s3.get_bucket_policy(Bucket=name)["Policy"],
        }
        wanted = {
            "PublicAccessBlock": desired.PUBLIC_ACCESS,
            "Encryption": [desired.ENCRYPTION],
            "Lifecycle": [desired.lifecycle(self.account.blueprint)],
            "Policy": self.account.blueprint.bucket_policy(),
        }
        return tuple(what for what in wanted if not same(_told(shown[what]), wanted[what]))

    def make(self) -> None:
        region = self.account.blueprint.region
        s3 = self.account.clients.s3
        if region == _FIRST_REGION:
            s3.create_bucket(Bucket=self._name)
        else:
            where = cast("BucketLocationConstraintType", region)
            s3.create_bucket(
                Bucket=self._name, CreateBucketConfiguration={"LocationConstraint": where}
            )
        self.mend()

    def mend(self) -> None:
        """The tag first, so that a run that is cut short here finds its own; opened to SES last."""
        s3, name = self.account.clients.s3, self._name
        blueprint = self.account.blueprint
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": self._with_other_tags()})
        s3.put_public_access_block(
            Bucket=name, PublicAccessBlockConfiguration=desired.PUBLIC_ACCESS
        )
        s3.put_bucket_encryption(
            Bucket=name, ServerSideEncryptionConfiguration={"Rules": [desired.ENCRYPTION]}
        )
        s3.put_bucket_lifecycle_configuration(
            Bucket=name, LifecycleConfiguration={"Rules": [desired.lifecycle(blueprint)]}
        )
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(blueprint.bucket_policy()))

    def _with_other_tags(self) -> Any:
        """S3 takes all tags or none."""
        s3 = self.account.clients.s3
        known = _told(lambda: s3.get_bucket_tagging(Bucket=self._name)["TagSet"]) or []
        ours = self.account.tags
        return [one for one in known if one["Key"] != ours[0]["Key"]] + ours

    def delete(self) -> None:
        """With all versions of all that is in it."""
        s3 = self.account.clients.s3
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=self._name):
            listed = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            if listed:
                objects: Any = [{"Key": o["Key"], "VersionId": o["VersionId"]} for o in listed]
                s3.delete_objects(Bucket=self._name, Delete={"Objects": objects, "Quiet": True})
        s3.delete_bucket(Bucket=self._name)

    def _has_mail(self) -> bool:
        listed = self.account.clients.s3.list_object_versions(Bucket=self._name, MaxKeys=2)
        keys = {one["Key"] for one in listed.get("Versions", [])}
        return bool(keys - {SETUP_OBJECT})


def _told(ask: Callable[[], Any]) -> Any:
    """None where the bucket has no such setting."""
    try:
        return ask()
    except ClientError as error:
        if is_missing(error):
            return None
        raise
