"""`SendEmail` of SES API v2 as it goes over the wire, and its answer.

Source: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html, and the protocol
https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html for errors.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import orjson

from common.endpoint import Body
from common.signed import Answer

PATH: Final = "/v2/email/outbound-emails"
HEADERS: Final = {"content-type": "application/json"}
_AHEAD: Final = b',"Content":{"Raw":{"Data":"'
_BEHIND: Final = b'"}}}'
_ONE_PIECE: Final = 1 << 20  # octets of a mail that goes as one


@dataclass(frozen=True, slots=True)
class Envelope:
    """What SES is asked to do. Tags come back with every event of the message. `mime`: the mail,
    in pieces.
    """

    sender: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    bcc: tuple[str, ...]
    tags: tuple[tuple[str, str], ...]
    mime: Sequence[bytes]


class SesError(Exception):
    """SES answered, and not with an id: `code` and `words` are its own, of no fixed vocabulary."""

    def __init__(self, status: int, code: str, words: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.words = words


def body(envelope: Envelope, tags: Iterable[tuple[str, str]], configuration_set: str) -> Body:
    """JSON. The mail is put in as it is: base64 needs no escapes."""
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
    head = orjson.dumps(asked).removesuffix(b"}") + _AHEAD
    if sum(map(len, envelope.mime)) > _ONE_PIECE:
        return _Large(head, envelope.mime)
    return [b"".join((head, b64encode(b"".join(envelope.mime)), _BEHIND))]


@dataclass(frozen=True, slots=True)
class _Large:
    """Encoded each time that it is read, as encoded a mail of 40 MB has 53. That cannot fail half
    way: all of the mail is here.
    """

    head: bytes
    mime: Sequence[bytes]

    def __iter__(self) -> Iterator[bytes]:
        yield self.head
        rest = b""
        for piece in self.mime:
            octets = rest + piece
            whole = len(octets) // 3 * 3  # are encoded without padding
            yield b64encode(memoryview(octets)[:whole])
            rest = octets[whole:]
        yield b64encode(rest) + _BEHIND


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
