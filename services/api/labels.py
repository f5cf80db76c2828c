"""How many messages of an inbox have each label."""

from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common.resources import Row
from services.api import rows

MOST: Final = 100
"""Labels that are told."""

# The organization is asked of the inbox, whose messages are all its own: so that all that is asked
# of messages stands in one index, and no message is read.
_COUNT: Final = sa.text(f"""
SELECT label, count(*) AS count FROM inbox i
JOIN message m ON m.inbox_id = i.id AND m.labels <> '{{}}', unnest(m.labels) AS label
WHERE i.organization_id = :organization_id AND i.id = :inbox_id
GROUP BY label ORDER BY count DESC, label COLLATE "C" LIMIT {MOST}
""")


async def counts(connection: AsyncConnection, organization_id: UUID, inbox_id: UUID) -> list[Row]:
    """`label` and `count` of each, the most frequent first."""
    values = {"organization_id": organization_id, "inbox_id": inbox_id}
    return await rows.every(connection, _COUNT, values)
