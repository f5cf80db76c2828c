"""Service levels: what is promised of how many, and the rules that tell how fast the budget of
exceptions is used up.

Several windows at several rates, after "Alerting on SLOs" of the Google SRE workbook (chapter 5,
https://sre.google/workbook/alerting-on-slos/): a rate must hold over a long window, so that it
matters, and over a short one, so that it still goes on.
"""

from dataclasses import dataclass
from typing import Any, Final

Rule = dict[str, Any]

LEAST_ERRORS: Final = 5
"""In the long window. Of three messages in a night one may be late without waking anybody."""


@dataclass(frozen=True, slots=True)
class Level:
    """`bad` and `all` are expressions of a rate, with `$window` where its window belongs."""

    name: str
    alert: str
    objective: float
    summary: str
    bad: str
    all: str


@dataclass(frozen=True, slots=True)
class Burn:
    """How many times as fast as it may the budget of 30 days is used up."""

    factor: float
    long: str
    short: str
    severity: str


BURNS: Final = (
    Burn(14.4, "1h", "5m", "page"),  # 2 % of the budget in an hour
    Burn(6, "6h", "30m", "page"),  # 5 % in six
    Burn(1, "3d", "6h", "ticket"),  # 10 % in three days
)
WINDOWS: Final = {
    "5m": 300,
    "30m": 1_800,
    "1h": 3_600,
    "6h": 21_600,
    "3d": 259_200,
}
"""In seconds."""


def _slower(metric: str, line: str, labels: str = "") -> str:
    """Observations beyond the bucket `line`."""
    bucket = f'{labels},le="{line}"' if labels else f'le="{line}"'
    return (
        f"sum(rate({metric}_count{{{labels}}}[$window]))"
        f" - sum(rate({metric}_bucket{{{bucket}}}[$window]))"
    )


def _all(metric: str, labels: str = "") -> str:
    return f"sum(rate({metric}_count{{{labels}}}[$window]))"


# A send or a reply that we could not take was not taken in time either.
_REFUSED: Final = (
    '(sum(rate(postroom_requests_total{route=~".+/messages/send|.+/reply",status="5xx"}[$window]))'
    " or vector(0))"
)
LEVELS: Final = (
    Level(
        "accept",
        "PostroomAcceptsSlow",
        0.999,
        "Sends and replies take longer than 300 ms to be accepted, or are answered 5xx",
        f"{_slower('postroom_accept_seconds', '0.3')} + {_REFUSED}",
        f"{_all('postroom_accept_seconds')} + {_REFUSED}",
    ),
    Level(
        "send",
        "PostroomSendsLate",
        0.99,
        "Messages come to SES more than 5 s after they are due, while its quota is free",
        _slower("postroom_due_to_first_call_seconds", "5.0", 'quota="free"'),
        _all("postroom_due_to_first_call_seconds", 'quota="free"'),
    ),
    Level(
        "webhook",
        "PostroomWebhooksLate",
        0.99,
        "Webhooks are first tried more than 2 s after the event, at endpoints that do well",
        _slower("postroom_event_to_first_try_seconds", "2.0", 'endpoint="well"'),
        _all("postroom_event_to_first_try_seconds", 'endpoint="well"'),
    ),
)


def groups() -> list[dict[str, Any]]:
    """Groups of rules, as a rule file has them."""
    return [
        {
            "name": f"postroom-level-{level.name}",
            "interval": "1m",
            "rules": [*_recorded(level), *(_alert(level, burn) for burn in BURNS)],
        }
        for level in LEVELS
    ]


def _recorded(level: Level) -> list[Rule]:
    rules: list[Rule] = []
    for window in WINDOWS:
        errors = f"postroom:{level.name}_errors:rate{window}"
        everything = f"postroom:{level.name}:rate{window}"
        ratio = f"postroom:{level.name}_errors:ratio_rate{window}"
        rules += [
            {"record": errors, "expr": level.bad.replace("$window", window)},
            {"record": everything, "expr": level.all.replace("$window", window)},
            # Of nothing there is no share: 0 / 0 would be NaN.
            {"record": ratio, "expr": f"{errors} / ({everything} > 0)"},
        ]
    return rules


def _alert(level: Level, burn: Burn) -> Rule:
    errors = f"postroom:{level.name}_errors"
    most = f"{burn.factor:g} * {1 - level.objective:.4g}"
    return {
        "alert": level.alert,
        "expr": f"{errors}:ratio_rate{burn.long} > {most}"
        f" and {errors}:ratio_rate{burn.short} > {most}"
        f" and {errors}:rate{burn.long} * {WINDOWS[burn.long]} >= {LEAST_ERRORS}",
        "labels": {"severity": burn.severity, "window": burn.long},
        "annotations": {
            "summary": f"{level.summary}: {{{{ $value | humanizePercentage }}}} of them"
            f" in {burn.long}, where {1 - level.objective:.1%} may",
            "runbook_url": f"docs/runbooks/{level.alert}.md",
        },
    }
