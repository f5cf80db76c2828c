"""Questions to AWS that change nothing, and what came of those that were not answered.

Read-only calls may be tried again, so this has botocore's own retries: SES answers but one call a
second of most of them (https://docs.aws.amazon.com/ses/latest/dg/quotas.html). What AWS says in
words is kept out: it may hold names of users.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
)

from common.settings import Settings
from deploy.doctor.findings import Finding, error, warning

Json = dict[str, Any]
Kind = Literal["missing", "forbidden", "credentials", "unreachable", "refused"]

_ATTEMPTS: Final = 3
_CONNECT_SECONDS: Final = 3
_READ_SECONDS: Final = 8
_FORBIDDEN: Final = ("AccessDenied", "AccessDeniedException", "AuthorizationError", "403")
_CREDENTIALS: Final = (
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "MissingAuthenticationToken",
    "RequestExpired",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
)
_MISSING: Final = (
    "404",
    "AWS.SimpleQueueService.NonExistentQueue",
    "NoSuchBucket",
    "NoSuchBucketPolicy",
    "NotFound",
    "NotFoundException",
    "QueueDoesNotExist",
    "RuleSetDoesNotExist",
)
ALLOW: Final = "Run it with more rights: docs/doctor.md has the policy."


@dataclass(frozen=True, slots=True)
class Trouble:
    """No answer. `call` is named as in a policy: `sns:GetTopicAttributes`."""

    kind: Kind
    call: str
    code: str


class Ask:
    """One installation's AWS, as a question. Safe for one thread."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._clients: dict[str, Any] = {}

    def __call__(self, service: str, operation: str, **members: Any) -> Json | Trouble:
        """`ask("sns", "get_topic_attributes", TopicArn=...)`: the answer, or why there is none."""
        call = permission(service, operation)
        try:
            answer: Json = getattr(self._client(service), operation)(**members)
        except ClientError as refusal:
            code = refusal.response.get("Error", {}).get("Code", "Unknown")
            return Trouble(_kind(code), call, code)
        except (NoCredentialsError, PartialCredentialsError) as lack:
            return Trouble("credentials", call, type(lack).__name__)
        except (EndpointConnectionError, HTTPClientError) as away:
            return Trouble("unreachable", call, type(away).__name__)
        except BotoCoreError as failure:
            return Trouble("refused", call, type(failure).__name__)
        return answer

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.session.Session().client(
                service,  # type: ignore[call-overload]
                region_name=self._settings.aws_region,
                endpoint_url=self._settings.aws_url,
                config=Config(
                    retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
                    connect_timeout=_CONNECT_SECONDS,
                    read_timeout=_READ_SECONDS,
                    user_agent_extra="postroom-doctor",
                ),
            )
        return self._clients[service]

    def close(self) -> None:
        for client in self._clients.values():
            client.close()


def permission(service: str, operation: str) -> str:
    """As a policy names it: `sns:GetTopicAttributes`."""
    prefix = "ses" if service == "sesv2" else service
    call = f"{prefix}:{''.join(part.title() for part in operation.split('_'))}"
    return "s3:ListBucket" if call == "s3:HeadBucket" else call


def _kind(code: str) -> Kind:
    if code in _FORBIDDEN:
        return "forbidden"
    if code in _CREDENTIALS:
        return "credentials"
    return "missing" if code in _MISSING else "refused"


def unanswered(code: str, trouble: Trouble) -> Finding:
    """A question that could not be answered is no proof that anything is wrong."""
    if trouble.kind == "forbidden":
        return warning(code, f"May not be looked at: {trouble.call} is denied.", ALLOW)
    if trouble.kind == "unreachable":
        says = f"AWS does not answer {trouble.call} ({trouble.code})."
        return error(code, says, "Open the way to AWS: network, DNS, proxy, POSTROOM_AWS_URL.")
    says = f"AWS has refused {trouble.call} ({trouble.code})."
    return error(code, says, f"aws {trouble.call.replace(':', ' ')}  # look what it says in full")
