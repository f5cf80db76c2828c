"""What attempts do to the rows of their endpoints: `health.py` decides, this writes and tells."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common import events, resources
from common.db import as_json, identifiers, recordset
from common.events import NewEvent
from common.models import Webhook
from common.resources import Row
from services.webhooks import health
from services.webhooks.health import Health, Sign


@dataclass(frozen=True, slots=True)
class Changes:
    """Endpoints that are not called any more, or only now and then, or again as usual."""

    disabled: tuple[UUID, ...] = ()
    opened: tuple[UUID, ...] = ()
    closed: tuple[UUID, ...] = ()


_LOOK: Final = sa.text("""
SELECT id, failures, failing_since, probe_at FROM webhook
WHERE id = ANY (CAST(:ids AS uuid[])) AND enabled AND deleted_at IS NULL
ORDER BY id FOR NO KEY UPDATE
""")
_SAVE: Final = sa.text(f"""
UPDATE webhook w SET failures = n.failures, failing_since = n.failing_since,
    probe_at = n.probe_at, enabled = n.disabled_reason IS NULL,
    disabled_reason = n.disabled_reason,
    updated_at = CASE WHEN n.disabled_reason IS NULL THEN w.updated_at ELSE now() END
FROM (SELECT id AS changed, failures, failing_since, probe_at, disabled_reason
      FROM {recordset(Webhook)}) n
WHERE w.id = n.changed
RETURNING {", ".join(f"w.{name.strip()}" for name in resources.WEBHOOK_COLUMNS.split(","))}
""")


async def judge(
    connection: AsyncConnection, signs: Mapping[UUID, list[Sign]], now: datetime
) -> Changes:
    """Write what attempts say of their endpoints, and tell of those that are disabled by it."""
    if not signs:
        return Changes()
    rows = (await connection.execute(_LOOK, {"ids": identifiers(signs)})).mappings().all()
    before = {
        row["id"]: Health(row["failures"], row["failing_since"], row["probe_at"]) for row in rows
    }
    after = {one: health.after(was, signs[one], now) for one, was in before.items()}
    changed = {one: now_is for one, now_is in after.items() if now_is != before[one]}
    if not changed:
        return Changes()
    saved = [{"id": one, **asdict(now_is)} for one, now_is in changed.items()]
    found = (await connection.execute(_SAVE, {"rows": as_json(saved)})).mappings().all()
    await _tell(connection, (dict(row) for row in found if not row["enabled"]))
    return Changes(
        disabled=tuple(one for one, now_is in changed.items() if now_is.disabled_reason),
        opened=tuple(one for one in changed if changed[one].is_open and not before[one].is_open),
        closed=tuple(one for one in changed if before[one].is_open and not changed[one].failures),
    )


async def _tell(connection: AsyncConnection, disabled: Iterable[Row]) -> None:
    """To the organization's other endpoints, and to who reads its events."""
    told = [
        NewEvent(row["organization_id"], "webhook.disabled", resources.webhook(row))
        for row in disabled
    ]
    if told:
        await connection.execute(*events.write(told))


def _health(row: Mapping[str, Any]) -> Health:
    return Health(row["failures"], row["failing_since"], row["probe_at"])
