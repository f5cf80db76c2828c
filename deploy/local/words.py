"""What a run says once it is ready."""

import shlex

from deploy.local.journey import Arrived
from deploy.local.state import State
from deploy.local.system import System

BODY = '{"to": ["success@simulator.amazonses.com"], "subject": "Hello", "text": "From curl."}'


def welcome(system: System, arrived: Arrived | None, state: State) -> str:
    lines = [
        "",
        "Postroom is ready. Ctrl-C stops it; its data stays.",
        "",
        f"  base URL      {system.wiring.url}",
        f"  API key       {system.tenant.api_key}",
        f"  organization  {system.tenant.organization_id}",
        f"  all of it in  {state.env_file}",
    ]
    if arrived:
        lines += ["", "Try:", "", *(f"  {line}" for line in curls(system, arrived))]
    return "\n".join([*lines, ""])


def curls(system: System, arrived: Arrived) -> list[str]:
    """Three calls on the message that just travelled, each one line to paste."""
    messages = f"{system.wiring.url}/v1/inboxes/{arrived.inbox_id}/messages"
    key = shlex.quote(f"Authorization: Bearer {system.tenant.api_key}")
    json = "'Content-Type: application/json'"
    return [
        f"curl -sS -X POST {messages}/send -H {key} -H {json} -d {shlex.quote(BODY)}",
        f"curl -sS '{messages}?query=journey' -H {key}",
        f"curl -sS {messages}/{arrived.message_id} -H {key}",
    ]


def last_lines(state: State, count: int = 8) -> str:
    """The end of each log, for a person who asks why."""
    parts = []
    for log in sorted(state.logs.glob("*.log")):
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:]
        if lines:
            parts += ["", f"--- {log} (last lines)", *lines]
    return "\n".join(parts)
