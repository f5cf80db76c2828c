"""A message's files, read when it is about to be sent: claims stay small."""

from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from common.resources import Row
from services.sender.compose import Attachment

# Those that are small come together. Of what is asked for in one statement Postgres' words, twice
# as long as the bytes, are held twice, once of it for as long as the connection lives.
_SMALL: Final = 1 << 16  # bytes
_PIECE: Final = 1 << 20

_CONTENTS = sa.text("""
SELECT id, content FROM blob
WHERE organization_id = :organization_id AND id = ANY (CAST(:ids AS uuid[]))
""")
_CONTENT = sa.text(f"""
SELECT substring(content FROM :first FOR {_PIECE}) FROM blob
WHERE organization_id = :organization_id AND id = :id
""")


def attachments_of(engine: sa.Engine, row: Row) -> tuple[Attachment, ...]:
    """In their order; `row` has the columns of `resources.MESSAGE_COLUMNS`."""
    listed = row["attachments"] or []
    if not listed:
        return ()
    with engine.connect() as connection:
        contents = _contents(connection, row["organization_id"], listed)
    return tuple(
        Attachment(one["name"], one["content_type"], contents[one["blob_id"]]) for one in listed
    )


def _contents(
    connection: sa.Connection, organization_id: UUID, listed: list[dict[str, Any]]
) -> dict[str, bytes]:
    """By the blobs' ids."""
    small = [one["blob_id"] for one in listed if one["size"] <= _SMALL]
    found: dict[str, bytes] = {}
    if small:
        asked = {"organization_id": organization_id, "ids": small}
        found = {str(blob.id): blob.content for blob in connection.execute(_CONTENTS, asked)}
    for one in listed:
        if one["size"] > _SMALL:
            asked = {"organization_id": organization_id, "id": one["blob_id"]}
            pieces = [
                connection.execute(_CONTENT, asked | {"first": first}).scalar_one()
                for first in range(1, one["size"] + 1, _PIECE)
            ]
            found[one["blob_id"]] = b"".join(pieces)
    return found
