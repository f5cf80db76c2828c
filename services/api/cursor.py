"""Keyset pages: a cursor is the id of the last resource that was shown, opaque to the caller.

SELECT ... WHERE id < :before ORDER BY id DESC LIMIT :limit     -- page.values
return listed(request, page, rows, render)
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from fastapi import Depends, Query
from starlette.requests import Request
from starlette.responses import Response

from common.resources import Resource, Row
from services.api.problems import Problem
from services.api.responses import answer

LIMIT: Final = 50
MOST: Final = 100
_LENGTH: Final = 22  # 16 bytes of base64 without padding
_LAST: Final = UUID(int=(1 << 128) - 1)

T = TypeVar("T")


def encode(last: UUID) -> str:
    """The cursor behind `last`."""
    return urlsafe_b64encode(last.bytes).decode().rstrip("=")


def decode(text: str) -> UUID:
    """The id in a cursor; Problem 400 `invalid_cursor` for what `encode` cannot have written."""
    try:
        uuid = UUID(bytes=urlsafe_b64decode(text.encode("ascii") + b"=="))
    except ValueError:  # also of UnicodeEncodeError and binascii.Error
        raise _invalid() from None
    if len(text) != _LENGTH or encode(uuid) != text:
        raise _invalid()
    return uuid


def _invalid() -> Problem:
    return Problem(400, "invalid_cursor", "The cursor is not one that this API has given.")


@dataclass(frozen=True, slots=True)
class Page:
    """What a list asks for: at most `limit` resources, those behind `after`."""

    limit: int
    after: UUID | None

    @property
    def before(self) -> UUID:
        """All ids of the page are smaller, since the newest come first."""
        return self.after or _LAST

    @property
    def wanted(self) -> int:
        """One row more than is shown says whether there is a next page."""
        return self.limit + 1

    @property
    def values(self) -> dict[str, Any]:
        """The parameters `before` and `limit` of the query."""
        return {"before": self.before, "limit": self.wanted}

    def cut(self, rows: Sequence[T]) -> tuple[Sequence[T], bool]:
        """The rows to show, and whether there are more."""
        return rows[: self.limit], len(rows) > self.limit


async def page_of(
    limit: Annotated[int, Query(ge=1, le=MOST, description="How many at most.")] = LIMIT,
    cursor: Annotated[
        str | None, Query(description="From the `Link` header of the page before.")
    ] = None,
) -> Page:
    return Page(limit, decode(cursor) if cursor is not None else None)


PageDep = Annotated[Page, Depends(page_of)]


def next_link(request: Request, last: UUID) -> str:
    """A `Link` header (RFC 8288) to the same list behind `last`.

    The whole URL as the caller wrote it, since many clients follow it without resolving it; behind
    a proxy that ends TLS its `X-Forwarded-Proto` counts (uvicorn, FORWARDED_ALLOW_IPS).
    """
    asked = parse_qsl(request.url.query, keep_blank_values=True)
    query = [pair for pair in asked if pair[0] != "cursor"]
    url = request.url.replace(query=urlencode([*query, ("cursor", encode(last))]))
    return f'<{url}>; rel="next"'


def listed(  # noqa: PLR0913 - what comes after the star is for lists of another kind
    request: Request,
    page: Page,
    rows: Sequence[Row],
    render: Callable[[Row], Resource],
    *,
    key: str = "id",
    rest: UUID | None = None,
) -> Response:
    """The answer of a list; `rows` are up to `page.wanted`, each with the `key` by which the list
    is ordered. `rest`: behind which it goes on though the page is not full.
    """
    shown, more = page.cut(rows)
    last = shown[-1][key] if more else rest
    headers = {"link": next_link(request, last)} if last else None
    return answer([render(row) for row in shown], headers=headers)
