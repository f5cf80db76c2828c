"""`SendEmail` of SES API v2 as it goes over the wire, and its answer.

Source: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html, and the protocol
https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html for errors.
"""

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import orjson

from common.signed import Answer

PATH: Final = "/v2/email/outbound-emails"
HEADERS: Final = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class Envelope:
    """What SES is asked to do. Tags come back with every event of the message."""

    sender: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    tags: tuple[tuple[str, str], ...]
    mime: bytes


class SesError(Exception):
    """SES answered, and not with an id: `code` and `words` are its own, of no fixed vocabulary."""

    def __init__(self, status: int, code: str, words: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.words = words


def body(envelope: Envelope, tags: Iterable[tuple[str, str]], configuration_set: str) -> bytes:
    """JSON. The mail is put in as it is: base64 needs no escapes, and may be 50 MB."""
    asked = {
        "FromEmailAddress": envelope.sender,
        "Destination": {
            "ToAddresses": envelope.to,
            "CcAddresses": envelope.cc,
            "BccAddresses": envelope.bcc,
        },
        "ConfigurationSetName": configuration_set,
        "EmailTags": [{"Name": name, "Value": value} for name, value in tags],
    }
    head = orjson.dumps(asked).removesuffix(b"}")
    return b"".join((head, b',"Content":{"Raw":{"Data":"', b64encode(envelope.mime), b'"}}}'))


def message_id(answer: Answer) -> str:
    """The id that SES gave. SesError; ValueError where the answer cannot be read, and proves
    nothing.
    """
    if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        raise _error(answer)
    given = _parsed(answer.data).get("MessageId")
    if not isinstance(given, str):
        raise ValueError("no MessageId")  # noqa: TRY004 - as of text that is no JSON
    return given


def _error(answer: Answer) -> SesError:
    """The code is in a header or in the body, there with a namespace before or a URL behind it."""
    try:
        found = _parsed(answer.data)
    except ValueError:
        found = {}
    code = answer.headers.get("x-amzn-errortype") or found.get("code") or found.get("__type")
    code = str(code or answer.status).partition(":")[0].rpartition("#")[2]
    return SesError(answer.status, code, str(found.get("message") or found.get("Message") or ""))


def _parsed(text: bytes) -> dict[str, Any]:
    found = orjson.loads(text)
    if not isinstance(found, dict):
        raise ValueError("no object")  # noqa: TRY004 - as of text that is no JSON
    return found
