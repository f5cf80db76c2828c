from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from hypothesis import given, strategies as st
from starlette.requests import Request

from common import ids
from services.api.cursor import Page, decode, encode, next_link
from services.api.problems import Problem


def request(query: str) -> Request:
    return Request(
        {
            "type": "http",
            "scheme": "https",
            "server": ("api.example", 443),
            "path": "/v1/inboxes",
            "query_string": query.encode(),
            "headers": [],
        }
    )


def next_query(link: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(link[1 : link.index(">")]).query)


@given(st.uuids())
def test_a_cursor_gives_back_the_id_it_was_made_of(last: UUID) -> None:
    assert decode(encode(last)) == last


@given(st.text(max_size=40))
def test_what_is_not_a_cursor_is_refused_whatever_it_is(text: str) -> None:
    with pytest.raises(Problem) as refused:
        decode(text)

    assert (refused.value.status, refused.value.code) == (400, "invalid_cursor")


@pytest.mark.parametrize("change", ["{}=", "{}A", " {}", "{}\n", "{}=="])
def test_a_cursor_has_one_spelling(change: str) -> None:
    with pytest.raises(Problem):
        decode(change.format(encode(ids.new())))


def test_the_next_page_is_asked_for_like_this_one() -> None:
    last = ids.new()

    link = next_link(request("limit=2&query=a%26b&cursor=old&label="), last)

    assert link.startswith("<https://api.example/v1/inboxes?")
    assert link.endswith('>; rel="next"')
    assert {"limit": ["2"], "query": ["a&b"], "cursor": [encode(last)]} == next_query(link)


def test_a_page_asks_for_one_row_more_than_it_shows() -> None:
    page = Page(limit=2, after=None)

    assert page.values["limit"] == 3
    assert page.cut([1, 2, 3]) == ([1, 2], True)
    assert page.cut([1, 2]) == ([1, 2], False)


def test_the_first_page_is_behind_every_id() -> None:
    assert Page(limit=2, after=None).before > ids.new()
