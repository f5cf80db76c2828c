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

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from botocore.exceptions import (
    ConnectTimeoutError,
    EndpointConnectionError,
    ProxyConnectionError,
    SSLError,
)
from prometheus_client import Histogram

from common import metrics, tracing
from common.signed import Signed
from services.sender import wire
from services.sender.wire import Envelope, SesError

Halt = Literal["throttled", "quota", "paused", "suspended", "credentials", "unreachable", "failing"]
"""Why nothing can be sent now, whoever it is from. `throttled` is over in a moment, the others when
somebody or time has mended them. `failing`: SES answers nothing that proves anything.
"""

SES_CALL = Histogram("postroom_ses_call_seconds", "One SendEmail", buckets=metrics.SECONDS)


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
    """SES has not taken the message. Where the account is to blame, `halts` says why nothing can
    be sent now; else `pause` is the least time before this message is tried again.
    """

    code: str
    words: str
    pause: timedelta = timedelta()
    halts: Halt | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """The call began, and no answer proves either way."""

    code: str
    words: str


Outcome = Accepted | Rejected | Later | Unknown

# Errors of SendEmail, as the API reference and boto3's model name them.
_REFUSALS: Final = frozenset({"MessageRejected", "BadRequestException", "ValidationException"})
_HALTS: Final[dict[str, Halt]] = {
    "TooManyRequestsException": "throttled",
    "ThrottlingException": "throttled",
    "Throttling": "throttled",
    "LimitExceededException": "quota",
    "SendingPausedException": "paused",
    "AccountSuspendedException": "suspended",
    # What AWS says of keys and clocks, whoever the message is from:
    # https://docs.aws.amazon.com/ses/latest/APIReference-V2/CommonErrors.html
    "ExpiredToken": "credentials",
    "ExpiredTokenException": "credentials",
    "IncompleteSignature": "credentials",
    "InvalidClientTokenId": "credentials",
    "InvalidSignatureException": "credentials",
    "MissingAuthenticationToken": "credentials",
    "RequestExpired": "credentials",
    "SignatureDoesNotMatch": "credentials",
    "UnrecognizedClientException": "credentials",
}
# Throttling tells of both limits; which code the daily one has in v2 is not documented.
_DAILY: Final = re.compile(r"\bdaily\b|\bquota\b", re.IGNORECASE)
# Somebody has to mend it at AWS, for this sender's domain; the message waits for it.
_DOMAIN: Final = timedelta(minutes=1)
_DOMAIN_CODES: Final = frozenset({"MailFromDomainNotVerifiedException", "NotFoundException"})
_PERMISSION: Final = timedelta(seconds=30)
# Nothing of the request was written (`common/signed.py`).
_NOT_CONNECTED: Final = (
    ConnectTimeoutError,
    EndpointConnectionError,
    ProxyConnectionError,
    SSLError,
)
_SERVER_ERROR: Final = 500


class Ses:
    """SES, as the tasks of an event loop share it."""

    def __init__(self, signed: Signed, configuration_set: str) -> None:
        self._signed = signed
        self._configuration_set = configuration_set

    async def send(self, envelope: Envelope) -> Outcome:
        """Call SES once. Never raises for what SES or the network does."""
        with SES_CALL.time():
            try:
                with tracing.span("SendEmail", kind="client"):
                    return await self._send(envelope)
            except Exception as error:  # noqa: BLE001 - whatever it is, SES may have the message
                return _failed(error)

    async def _send(self, envelope: Envelope) -> Outcome:
        try:
            tags = (*envelope.tags, *tracing.tags())
            body = wire.body(envelope, tags, self._configuration_set)
            headers = await self._signed.sign(wire.HEADERS, body)
        except Exception as error:  # noqa: BLE001 - no matter of the message, whatever it is
            return Later(type(error).__name__, "SES was not called.", halts="credentials")
        return Accepted(wire.message_id(await self._signed.send(headers, body)))


def _failed(error: Exception) -> Outcome:
    """Only proof will do that SES has it not."""
    if isinstance(error, SesError):
        return _answered(error)
    if isinstance(error, _NOT_CONNECTED):
        return Later(type(error).__name__, "SES could not be reached.", halts="unreachable")
    return Unknown(type(error).__name__, "SES did not answer.")


def _answered(error: SesError) -> Outcome:
    code, words = error.code, error.words
    if halt := _HALTS.get(code):
        daily = halt == "throttled" and _DAILY.search(words)
        return Later(code, words, halts="quota" if daily else halt)
    if error.status >= _SERVER_ERROR:
        return Unknown(code, words)
    if code in _REFUSALS:
        return Rejected(code, words)
    # Permissions, which a policy may give domain by domain, and whatever AWS adds.
    return Later(code, words, _DOMAIN if code in _DOMAIN_CODES else _PERMISSION)
