"""A message's files, read when it is about to be sent: claims stay small."""

import sqlalchemy as sa

from common import blobs
from common.resources import Row
from services.sender.compose import Attachment


def attachments_of(engine: sa.Engine, row: Row) -> tuple[Attachment, ...]:
    """In their order; `row` has the columns of `resources.MESSAGE_COLUMNS`."""
    listed = row["attachments"] or []
    if not listed:
        return ()
    sizes = {one["blob_id"]: one["size"] for one in listed}
    with engine.connect() as connection:
        contents = blobs.read(connection, row["organization_id"], sizes)
    return tuple(
        Attachment(one["name"], one["content_type"], contents[one["blob_id"]]) for one in listed
    )
