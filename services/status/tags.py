"""Our tags of a mail, as they come back with each of its events. Pure."""

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from common import ids, tracing

MESSAGE_TAG: Final = "postroom_message"
"""The tag of every mail of ours; its value is the typed id of the message."""


def message_id(tags: dict[str, Any]) -> UUID | None:
    """Of the message that the mail is."""
    for one in _values(tags.get(MESSAGE_TAG)):
        try:
            return ids.decode(ids.MESSAGE, one.strip())
        except ids.IdError:
            continue
    return None


def trace(tags: dict[str, Any]) -> str | None:
    """Of the call that gave the mail to SES; not yet judged (`common.traceparent.read`)."""
    return next(_values(tags.get(tracing.TAG)), None)


def _values(tag: Any) -> Iterator[str]:
    """SES gives each tag as a list of its values."""
    listed = tag if isinstance(tag, list) else [tag]
    return (one for one in listed if isinstance(one, str))
