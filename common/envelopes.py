"""The wrappings that an event comes in, taken off.

An event is the `Message` of an SNS notification, or the body itself (raw delivery), or the
`detail` of an EventBridge event.
"""

import json
from typing import Any, Final

import orjson

Json = dict[str, Any]

_MOST: Final = 3  # EventBridge inside SNS is two
_VALIDATED: Final = "Successfully validated SNS topic"
_CONFIRMATIONS: Final = ("SubscriptionConfirmation", "UnsubscribeConfirmation")


class NoticeError(Exception):
    """AWS speaks of its topics, not of a mail."""


class UnreadableError(Exception):
    """No event; the words say why."""


def unwrap(body: str) -> Json:
    """The innermost object. `RecursionError` where it is nested beyond what Python reads."""
    value = _load(body)
    for _ in range(_MOST):
        if value.get("Type") in _CONFIRMATIONS:
            raise NoticeError("a confirmation of SNS")
        if value.get("Type") == "Notification" and isinstance(value.get("Message"), str):
            value = _load(value["Message"])
        elif value.get("source") == "aws.ses" and isinstance(value.get("detail"), dict):
            value = value["detail"]
        else:
            return value
    raise UnreadableError("too many envelopes")


def _load(text: str) -> Json:
    """orjson is four times as fast, and refuses more: SES cuts long headers, and half a surrogate
    pair must not cost an event.
    """
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        value = _load_anyhow(text)
    if not isinstance(value, dict):
        raise UnreadableError("not a JSON object")
    return value


def _load_anyhow(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        if text.lstrip().startswith(_VALIDATED):
            raise NoticeError("SES has tried the topic") from None
        raise UnreadableError("not JSON") from None
