"""A message's files, read when it is about to be sent: claims stay small."""

from uuid import UUID

import sqlalchemy as sa

from common.resources import Row
from services.sender.compose import Attachment

_CONTENT = sa.text("""
SELECT id, content FROM blob
WHERE organization_id = :organization_id AND id = ANY (CAST(:ids AS uuid[]))
""")


def attachments_of(engine: sa.Engine, row: Row) -> tuple[Attachment, ...]:
    """In their order; `row` has the columns of `resources.MESSAGE_COLUMNS`."""
    listed = row["attachments"] or []
    if not listed:
        return ()
    values = {
        "organization_id": row["organization_id"],
        "ids": [one["blob_id"] for one in listed],
    }
    with engine.connect() as connection:
        contents: dict[UUID, bytes] = {
            blob.id: bytes(blob.content) for blob in connection.execute(_CONTENT, values)
        }
    return tuple(
        Attachment(one["name"], one["content_type"], contents[UUID(one["blob_id"])])
        for one in listed
    )
