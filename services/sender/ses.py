"""One call to SES, and what its answer means for the message.

    Outcome
    |- Accepted   SES has it, and gave an id
    |- Rejected   SES never will; trying again does not help
    |- Later      SES surely has it not; try again
    '- Unknown    SES may have it; trying again may send it twice

SES has no idempotency token (SES API v2 reference, SendEmail), so the line between `Later` and
`Unknown` is what keeps a message from being sent twice: only an answer that proves that SES did
not take the message may lead to a second call.
"""

import ssl
import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ProxyConnectionError,
    SSLError,
)
from prometheus_client import Histogram

from common import metrics

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

SES_CALL = Histogram("postroom_ses_call_seconds", "One SendEmail", buckets=metrics.SECONDS)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What SES is asked to do. Tags come back with every event of the message."""

    sender: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    tags: tuple[tuple[str, str], ...]
    mime: bytes


@dataclass(frozen=True, slots=True)
class Accepted:
    """SES has the message; `external_id` is its id there."""

    external_id: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """SES refused the message for good, in these words."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Later:
    """SES has not taken the message. `pause`: the least time before the next call."""

    code: str
    words: str
    pause: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Unknown:
    """The call began, and no answer proves either way."""

    code: str
    words: str


Outcome = Accepted | Rejected | Later | Unknown

# Errors of SendEmail, as the API reference and boto3's model name them.
_REFUSALS: Final = frozenset({"MessageRejected", "BadRequestException", "ValidationException"})
_PAUSES: Final = {
    "TooManyRequestsException": timedelta(seconds=1),
    "ThrottlingException": timedelta(seconds=1),
    "Throttling": timedelta(seconds=1),
    "LimitExceededException": timedelta(minutes=5),  # the daily quota
    "SendingPausedException": timedelta(minutes=1),
    "AccountSuspendedException": timedelta(minutes=5),
    # Somebody has to mend these at AWS; the message waits for it.
    "MailFromDomainNotVerifiedException": timedelta(minutes=1),
    "NotFoundException": timedelta(minutes=1),
}
# Somebody has to mend the account's keys, permissions or clock.
_ACCOUNT: Final = timedelta(seconds=30)
# The connection was never made, so nothing was written on it.
_NOT_CONNECTED: Final = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError)
_OPERATION: Final = "SendEmail"
_SERVER_ERROR: Final = 500


class Ses:
    """SES, as threads share it."""

    def __init__(self, client: "SESV2Client", configuration_set: str) -> None:
        """A client of its own: boto3 tells this object when a call goes out on the wire."""
        self._client = client
        self._configuration_set = configuration_set
        self._call = threading.local()
        client.meta.events.register(f"before-send.sesv2.{_OPERATION}", self._goes_out)

    def send(self, envelope: Envelope) -> Outcome:
        """Call SES once. Never raises for what SES or the network does."""
        self._call.went_out = False
        try:
            with SES_CALL.time():
                external_id = self._send(envelope)
        except Exception as error:  # noqa: BLE001 - whatever it is, SES may have the message
            return self._failed(error)
        return Accepted(external_id)

    def _send(self, envelope: Envelope) -> str:
        answer = self._client.send_email(
            FromEmailAddress=envelope.sender,
            Destination={
                "ToAddresses": list(envelope.to),
                "CcAddresses": list(envelope.cc),
                "BccAddresses": list(envelope.bcc),
            },
            Content={"Raw": {"Data": envelope.mime}},
            ConfigurationSetName=self._configuration_set,
            EmailTags=[{"Name": name, "Value": value} for name, value in envelope.tags],
        )
        return answer["MessageId"]

    def _goes_out(self, **_: object) -> None:
        self._call.went_out = True

    def _failed(self, error: Exception) -> Outcome:
        """What fails before the call goes out, as the refresh of credentials, is no matter of the
        message, whatever it is. Behind that line only proof will do.
        """
        if not self._call.went_out:
            return Later(type(error).__name__, "SES was not called.", _ACCOUNT)
        if isinstance(error, ClientError):
            return _answered(error)
        if isinstance(error, _NOT_CONNECTED) or _is_distrust(error):
            return Later(type(error).__name__, "SES could not be reached.")
        return Unknown(type(error).__name__, "SES did not answer.")


def _is_distrust(error: Exception) -> bool:
    """We hung up on a certificate. Other errors of TLS may come after the request was written."""
    cause = error.kwargs["error"] if isinstance(error, SSLError) else None
    return isinstance(cause, Exception) and any(
        isinstance(one, ssl.SSLCertVerificationError) for one in cause.args
    )


def _answered(error: ClientError) -> Outcome:
    code = error.response.get("Error", {}).get("Code", "Unknown")
    words = error.response.get("Error", {}).get("Message", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", _SERVER_ERROR)
    if code in _PAUSES:
        return Later(code, words, _PAUSES[code])
    if status >= _SERVER_ERROR:
        return Unknown(code, words)
    if code in _REFUSALS:
        return Rejected(code, words)
    # Signatures, permissions, clocks: SES has looked at the request and not at the message.
    return Later(code, words, _ACCOUNT)
