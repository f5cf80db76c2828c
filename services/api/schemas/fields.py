"""The kinds of field that a message is written with: each is checked once, at the door.

What passes can be stored by Postgres and written by the sender's compose; a value error's words
are a sentence for the caller.
"""

import binascii
import re
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema

from common.addresses import MAX_ADDRESS, Address, parse_address
from common.headers import (
    MAX_TEXT,
    check_header_name,
    check_header_value,
    check_text,
    clean_file_name,
)

MOST_RECIPIENTS: Final = 50
"""Of one message, To, Cc and Bcc together (SES quotas)."""
MOST_ATTACHMENTS: Final = 100
MOST_HEADERS: Final = 50
MOST_LABELS: Final = 50
MAX_LABEL: Final = 100

# "Amazon SES unsupported attachment types", docs.aws.amazon.com/ses/latest/dg/mime-types.html
_REFUSED_BY_SES: Final = frozenset(
    """
    ade adp app asp bas bat cer chm cmd com cpl crt csh der exe fxp gadget hlp hta inf ins isp its
    js jse ksh lib lnk mad maf mag mam maq mar mas mat mau mav maw mda mdb mde mdt mdw mdz msc msh
    msh1 msh2 mshxml msh1xml msh2xml msi msp mst ops pcd pif plg prf prg reg scf scr sct shb shs
    sys ps1 ps1xml ps2 ps2xml psc1 psc2 tmp url vb vbe vbs vps vsmacros vss vst vsw vxd ws wsc wsf
    wsh xnk
    """.split()  # noqa: SIM905 - a list of 90 lines says no more
)
_NAME: Final = r"[A-Za-z0-9!#$&^_.+-]{1,127}"  # RFC 6838 section 4.2
_CONTENT_TYPE: Final = re.compile(rf"{_NAME}/{_NAME}(?:;[ -~]{{0,255}})?")
_MOMENT: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d(?:\.\d{1,6})?)\d*([Zz]|[+ -]\d\d:\d\d)", re.ASCII
)


def _address(value: object) -> Address:
    if not isinstance(value, str):
        raise ValueError("An address is a text.")  # noqa: TRY004 - pydantic wants a ValueError
    return parse_address(value)


def _base64(value: object) -> bytes:
    if not isinstance(value, str):
        raise ValueError("The content is a text of base64.")  # noqa: TRY004 - as above
    try:
        # As text: encoded first, a message of 40 MB would be held once more.
        return binascii.a2b_base64(value, strict_mode=True)
    except ValueError as error:  # what is not ASCII too; binascii.Error is one
        raise ValueError("This is not base64 (RFC 4648 section 4, with its padding).") from error


def _file_name(value: str) -> str:
    name = clean_file_name(check_text(value))
    if name.rpartition(".")[2].lower() in _REFUSED_BY_SES:
        raise ValueError("Amazon SES carries no files with this extension.")
    return name


def _content_type(value: str) -> str:
    if not _CONTENT_TYPE.fullmatch(value):
        raise ValueError("A content type looks like application/pdf.")
    return value


def _distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _once_each(values: dict[str, str]) -> dict[str, str]:
    """Header names know no case, and SES refuses some that come twice."""
    if len({name.lower() for name in values}) < len(values):
        raise ValueError("A header is named twice.")
    return values


def moment(value: object) -> datetime:
    """RFC 3339. A + that was not percent-encoded in a query arrives as a space."""
    match = _MOMENT.fullmatch(str(value))
    if not match:
        raise ValueError("A time looks like 2026-11-22T10:00:00Z.")
    date, time, zone = match.groups()
    try:
        there = datetime.fromisoformat(f"{date}T{time}{zone.replace(' ', '+')}".upper())
        return there.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("There is no such time.") from error


Mailbox = Annotated[
    Address,
    PlainValidator(_address),
    WithJsonSchema(
        {
            "type": "string",
            "maxLength": MAX_ADDRESS,
            "description": "An address, or a name and an address in angle brackets.",
            "examples": ["jane@customer.example", "Jane Doe <jane@customer.example>"],
        }
    ),
]
Mailboxes = Annotated[tuple[Mailbox, ...], Field(max_length=MOST_RECIPIENTS)]
Subject = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(check_text)]
Label = Annotated[str, Field(min_length=1, max_length=MAX_LABEL), AfterValidator(check_text)]
Labels = Annotated[tuple[Label, ...], Field(max_length=MOST_LABELS), AfterValidator(_distinct)]
Headers = Annotated[
    dict[
        Annotated[str, AfterValidator(check_header_name)],
        Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(check_header_value)],
    ],
    Field(max_length=MOST_HEADERS),
    AfterValidator(_once_each),
]
FileName = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_file_name)]
ContentType = Annotated[str, Field(max_length=255), AfterValidator(_content_type)]
Base64 = Annotated[
    bytes,
    PlainValidator(_base64),
    WithJsonSchema({"type": "string", "contentEncoding": "base64", "examples": ["SGVsbG8="]}),
]
Moment = Annotated[
    datetime,
    PlainValidator(moment),
    WithJsonSchema(
        {"type": "string", "format": "date-time", "examples": ["2026-11-22T10:00:00.000Z"]}
    ),
]
