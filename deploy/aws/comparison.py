"""Whether two things say the same, however AWS has written them down; pure.

AWS gives settings back in other words than it took them: S3 makes of a list of one its only member,
SQS makes text of numbers, SES of booleans, and a policy comes as JSON in a string.
"""

import json
from collections.abc import Mapping
from typing import Any


def same(one: Any, other: Any) -> bool:
    """JSON in strings, mappings, lists in any order, numbers."""
    return bool(_plain(_read(one)) == _plain(_read(other)))


def differing(wanted: Mapping[Any, Any], shown: Mapping[Any, Any]) -> tuple[str, ...]:
    """The names of what is wanted and not so. What is shown besides does not matter."""
    return tuple(name for name in wanted if not same(wanted[name], shown.get(name)))


def _read(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        members = sorted(
            (_plain(one) for one in value), key=lambda one: json.dumps(one, sort_keys=True)
        )
        return members[0] if len(members) == 1 else members
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else value
