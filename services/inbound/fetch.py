"""The mail itself, out of S3."""

import hashlib
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final

from services.inbound.receipt import Receipt

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

MOST_BYTES: Final = 42_000_000
"""That are held in memory: SES takes 40 MB. What is longer is kept where it lies, and not read."""
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Raw:
    """A mail as it came. `content` is None where it is longer than what is read, or was read."""

    bucket: str
    key: str
    sha256: str
    size: int
    content: bytes | None


def fetch(s3: "S3Client", receipt: Receipt) -> Raw:
    """All of it, once. Raises botocore's ClientError and BotoCoreError."""
    body = s3.get_object(Bucket=receipt.bucket, Key=receipt.key)["Body"]
    digest, size, content = hashlib.sha256(), 0, BytesIO()  # which grows in place
    with body:
        for chunk in body.iter_chunks(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
            if size <= MOST_BYTES:
                content.write(chunk)
    whole = content.getvalue() if size <= MOST_BYTES else None
    return Raw(receipt.bucket, receipt.key, digest.hexdigest(), size, whole)
