"""A call of AWS's JSON protocols signed by Signature Version 4; pure.

botocore's own signer takes any request, and ten times as long for it (docs/performance.md); here
is what a POST with a body and few headers needs of it:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from urllib.parse import quote, urlsplit

from botocore.credentials import ReadOnlyCredentials

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Signer:
    """For one endpoint. `service`: as credentials are scoped to it, `sqs`."""

    host: str
    path: str
    region: str
    service: str

    @classmethod
    def of(cls, url: str, region: str, service: str) -> "Signer":
        """Of an endpoint's URL, which has no query."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.port not in {None, _DEFAULT_PORTS.get(parts.scheme)}:
            host = f"{host}:{parts.port}"
        return cls(host, quote(parts.path or "/", safe="/~"), region, service)

    def signed(
        self,
        headers: Mapping[str, str],
        body: Iterable[bytes],
        credentials: ReadOnlyCredentials,
        now: datetime | None = None,
    ) -> dict[str, str]:
        """All headers of a POST, in lower case as they were given. `headers`: names in lower case,
        values without a space at either end or two in a row. All of them are signed. `body`: in
        pieces, read once; its length is told, and not signed.
        """
        at = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
        told = {**headers, "host": self.host, "x-amz-date": at}
        if credentials.token:
            told["x-amz-security-token"] = credentials.token
        names = sorted(told)
        listed = ";".join(names)
        lines = "".join([f"{name}:{told[name]}\n" for name in names])
        digest, length = _measured(body)
        request = f"POST\n{self.path}\n\n{lines}\n{listed}\n{digest}"
        scope = f"{at[:8]}/{self.region}/{self.service}/aws4_request"
        text = f"{_ALGORITHM}\n{at}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        signature = hmac.digest(_key(credentials.secret_key, scope), text.encode(), "sha256").hex()
        told["authorization"] = (
            f"{_ALGORITHM} Credential={credentials.access_key}/{scope}, "
            f"SignedHeaders={listed}, Signature={signature}"
        )
        told["content-length"] = str(length)
        return told


def _measured(body: Iterable[bytes]) -> tuple[str, int]:
    digest, length = hashlib.sha256(), 0
    for piece in body:
        digest.update(piece)
        length += len(piece)
    return digest.hexdigest(), length


@lru_cache(8)
def _key(secret: str, scope: str) -> bytes:
    """The same all day."""
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
