"""How a list is asked: by `query=`, and by parameters beside it that mean the same."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from fastapi import Query as Parameter
from sqlalchemy.ext.asyncio import AsyncConnection

from services.api.bounds import bounded
from services.api.finding import Found, Wanted
from services.api.language import Query, QueryError, parse, together
from services.api.openapi import problem
from services.api.problems import invalid

Words = Annotated[
    str | None,
    Parameter(
        description="Words of subject, text and sender; each matches the start of a word, all are "
        'needed, case does not matter. `"your order"` are whole words beside each other. '
        "`from:` `to:` (also cc and bcc) `subject:` look for words in one place, also quoted: "
        '`from:"Jane Doe"`. `label:orders`, `has:attachment`, `is:` received, sent, automatic, '
        "queued, delivered, bounced, complained or rejected, `after:` and `before:` a day (UTC) or "
        "a time: `after:2026-11-25`. All else is words. Without a word nothing is found. A new "
        "message is found within 5 s. A page may have fewer than `limit` and still a `Link`."
    ),
]
PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    404: problem("`inbox_not_found`"),
    422: problem(
        "`validation_failed`, or `search_too_broad`: not found in time, a narrower one may be"
    ),
}


def asked(query: str | None, *parameters: Query) -> Query | None:
    """All of them together; None, of which nothing is found, for a `query` that asks nothing.
    Problem 422 for one that cannot be asked.
    """
    if query is None:
        return together(parameters)
    try:
        typed = parse(query)
    except QueryError as error:
        raise invalid("query", str(error)) from error
    return None if typed == Query() else together([typed, *parameters])


async def found(
    connection: AsyncConnection,
    wanted: Wanted | None,
    look: Callable[[AsyncConnection, Wanted], Awaitable[Found]],
) -> Found:
    """What `look` finds; in time, if the list is narrowed at all."""
    if wanted is None:
        return Found([])
    if wanted.query == Query():
        return await look(connection, wanted)
    async with bounded(connection):
        return await look(connection, wanted)
