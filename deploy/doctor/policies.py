"""Whether a resource's policy lets a service of AWS in. Pure.

Not all of IAM: what such policies are written with. Where a condition is not understood the answer
is that it is not known, never that all is well.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

Json = Mapping[str, Any]
Verdict = bool | None
"""None: not known."""


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks for what. `context`: keys of conditions in lower case."""

    service: str
    action: str
    resource: str
    context: Mapping[str, str]


def ses(action: str, resource: str, account: str, source: str) -> Request:
    """SES, which acts for `source`, the ARN of a configuration set or of a receipt rule."""
    context = {
        "aws:sourceaccount": account,
        "aws:sourceowner": account,
        "aws:sourcearn": source,
        "aws:referer": account,
        "aws:securetransport": "true",
    }
    return Request("ses.amazonaws.com", action, resource, context)


def sns(queue_arn: str, topic_arn: str, account: str) -> Request:
    """SNS, which hands on what a topic was told."""
    context = {
        "aws:sourceaccount": account,
        "aws:sourcearn": topic_arn,
        "aws:securetransport": "true",
    }
    return Request("sns.amazonaws.com", "sqs:SendMessage", queue_arn, context)


def allows(policy: str, request: Request) -> Verdict:
    """What a policy's text says of a request. A text that is no policy allows nothing."""
    try:
        statements = _listed(json.loads(policy or "{}").get("Statement", []))
    except (ValueError, AttributeError):
        return False
    verdicts = [(one.get("Effect"), _matches(one, request)) for one in statements]
    if ("Deny", True) in verdicts:
        return False
    if ("Deny", None) in verdicts:
        return None
    if ("Allow", True) in verdicts:
        return True
    return None if ("Allow", None) in verdicts else False


def _matches(statement: Json, request: Request) -> Verdict:
    named = (
        _is_principal(statement.get("Principal"), request.service)
        and _is_one_of(statement.get("Action"), request.action.lower(), str.lower)
        and _is_one_of(statement.get("Resource"), request.resource, str)
    )
    if not named:
        return False
    conditions = statement.get("Condition") or {}
    verdicts = [
        _holds(operator, _listed(values), request.context.get(key.lower()))
        for operator, keys in conditions.items()
        for key, values in keys.items()
    ]
    return False if False in verdicts else None if None in verdicts else True


def _is_principal(principal: Any, service: str) -> bool:
    if principal == "*":
        return True
    if not isinstance(principal, Mapping):
        return False
    return service in _listed(principal.get("Service", [])) or "*" in _listed(
        principal.get("AWS", [])
    )


def _is_one_of(patterns: Any, value: str, fold: Callable[[str], str]) -> bool:
    return any(_like(fold(str(pattern)), value) for pattern in _listed(patterns or []))


def _like(pattern: str, value: str) -> bool:
    """`*` and `?` alone are wild: a bracket is itself."""
    return fnmatchcase(value, pattern.replace("[", "[[]"))


_OPERATORS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "stringequals": str.__eq__,
    "stringequalsignorecase": lambda pattern, value: pattern.lower() == value.lower(),
    "stringlike": _like,
    "arnequals": _like,
    "arnlike": _like,
    "bool": lambda pattern, value: pattern.lower() == value.lower(),
}


def _holds(operator: str, patterns: list[Any], value: str | None) -> Verdict:
    name = operator.lower()
    if_exists = name.endswith("ifexists")
    test = _OPERATORS.get(name.removesuffix("ifexists"))
    if value is None:
        return True if if_exists else None
    return None if test is None else any(test(str(one), value) for one in patterns)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
