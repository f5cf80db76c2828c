"""What a SendEmail request says, checked as SES checks it.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploy.local.aws.errors import AwsError, BadRequest
from deploy.local.aws.ses import simple
from deploy.local.aws.ses.addresses import bare
from deploy.local.aws.ses.headers import Header, first, mailboxes, parse

MOST_RECIPIENTS = 50
MOST_BYTES = 40 * 1024 * 1024
TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
DESTINATION_LISTS = ("ToAddresses", "CcAddresses", "BccAddresses")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One mail as SES would take it: `destinations` is the envelope, without display names."""

    source: str
    destinations: tuple[str, ...]
    configuration_set: str | None
    tags: Mapping[str, str]
    raw: bytes
    headers: tuple[Header, ...]


def read(request: Mapping[str, Any]) -> Outgoing:
    """Raises BadRequest or MessageRejected, as SES does."""
    raw = _raw(request)
    headers = parse(raw)
    return Outgoing(
        source=_source(request, headers),
        destinations=_destinations(request, headers),
        configuration_set=request.get("ConfigurationSetName"),
        tags=_tags(request),
        raw=raw,
        headers=headers,
    )


def _raw(request: Mapping[str, Any]) -> bytes:
    content = request.get("Content") or {}
    if "Raw" in content:
        raw = _decoded(content["Raw"].get("Data") or "")
    elif "Simple" in content:
        raw = simple.compose(request)
    else:
        raise BadRequest("Content must hold Raw or Simple; the local double has no templates.")
    if len(raw) > MOST_BYTES:
        words = f"Message length is more than {MOST_BYTES} bytes long: '{len(raw)}'."
        raise AwsError("MessageRejected", words)
    return raw


def _decoded(data: str) -> bytes:
    if not data:
        raise BadRequest("Content.Raw.Data is required.")
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise BadRequest("Content.Raw.Data is not base64.") from error


def _source(request: Mapping[str, Any], headers: tuple[Header, ...]) -> str:
    source = request.get("FromEmailAddress") or first(headers, "from")
    if not source:
        raise BadRequest("Missing required header 'From'.")
    bare(source)
    return str(source)


def _destinations(request: Mapping[str, Any], headers: tuple[Header, ...]) -> tuple[str, ...]:
    given = request.get("Destination") or {}
    boxes = [box for key in DESTINATION_LISTS for box in given.get(key) or ()]
    found = tuple(bare(box) for box in boxes or mailboxes(headers, "to", "cc", "bcc"))
    if not found:
        raise BadRequest("At least one destination address is required.")
    if len(found) > MOST_RECIPIENTS:
        raise BadRequest(f"Recipient count exceeds {MOST_RECIPIENTS}.")
    return found


def _tags(request: Mapping[str, Any]) -> dict[str, str]:
    tags = {}
    for tag in request.get("EmailTags") or ():
        for part in ("Name", "Value"):
            if not TAG.fullmatch(str(tag.get(part))):
                words = "only alphanumeric ASCII characters, '_', and '-' are allowed, at most 256"
                raise BadRequest(f"Invalid tag {part.lower()} <{tag.get(part)}>: {words}.")
        tags[tag["Name"]] = tag["Value"]
    return tags
