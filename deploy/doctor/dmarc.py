"""DMARC's record, as receivers read it; pure.

https://www.rfc-editor.org/rfc/rfc7489#section-6.4 and, of tag lists, RFC 6376 section 3.2
"""

import re
from collections.abc import Mapping
from typing import Final

_RECORD: Final = re.compile(r"v[ \t]*=[ \t]*DMARC1[ \t]*(;|$)")
_TAG: Final = re.compile(r"[ \t]*([a-z]+)[ \t]*=[ \t]*(\S(?:.*\S)?)[ \t]*")
_POLICY: Final = "none|quarantine|reject"
_ALIGNMENT: Final = "r|s"
_URI: Final = r"[a-z][a-z0-9+.-]*:[^\s,;!]+(![0-9]+[kmgt]?)?"
_URIS: Final = rf"{_URI}(\s*,\s*{_URI})*"
_VALUES: Final[Mapping[str, str]] = {
    "p": _POLICY,
    "sp": _POLICY,
    "np": _POLICY,  # RFC 9091 section 3
    "adkim": _ALIGNMENT,
    "aspf": _ALIGNMENT,
    "pct": "100|[0-9]{1,2}",
    "fo": "[01ds](:[01ds])*",
    "ri": "[0-9]{1,10}",
    "rua": _URIS,
    "ruf": _URIS,
}
"""Of the tags that are known; others are ignored, as receivers do."""


class MalformedError(ValueError):
    """What is wrong, as the end of a sentence. It holds nothing of the record but tags' names."""


def is_record(text: str) -> bool:
    """Whether it is DMARC's at all: its first tag is the version, in this case."""
    return _RECORD.match(text) is not None


def tags(text: str) -> dict[str, str]:
    """Of a record; values of policies in lower case. Raises MalformedError."""
    found: dict[str, str] = {}
    for part in text.rstrip("; \t").split(";"):
        match = _TAG.fullmatch(part)
        if match is None:
            raise MalformedError("a part of it is not tag=value")
        name, value = match[1], match[2]
        if name in found:
            raise MalformedError(f"the tag {name[:10]} is there twice")
        if name in _VALUES and not re.fullmatch(_VALUES[name], value, re.IGNORECASE):
            raise MalformedError(f"the tag {name} has no value that it may have")
        found[name] = value.lower() if _VALUES.get(name) is _POLICY else value
    if "p" not in found:
        raise MalformedError("the tag p is missing")
    return found
