"""Reading rows as `common.resources` wants them: dictionaries by the columns' names."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common.resources import Row

Values = Mapping[str, Any]


async def one(connection: AsyncConnection, query: sa.Executable, values: Values) -> Row | None:
    """The row that the query finds, or None."""
    found = (await connection.execute(query, dict(values))).mappings().one_or_none()
    return None if found is None else dict(found)


async def every(connection: AsyncConnection, query: sa.Executable, values: Values) -> list[Row]:
    """All rows that the query finds."""
    found = (await connection.execute(query, dict(values))).mappings()
    return [dict(row) for row in found]
