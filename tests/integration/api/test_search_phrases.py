"""Phrases: found beside each other, page by page, without looking at everything at once."""

import httpx
import pytest
import sqlalchemy as sa

from services.api import phrases
from services.api.finding import NEWEST
from tests.integration.api.finding import all_can_be_found, pages, subjects
from tests.integration.api.mailing import Box, accepted, box, code
from tests.integration.api.stacks import copies

QUERY = '"blue teapot"'


@pytest.fixture
def shop(client: httpx.Client) -> Box:
    return box(client)


@pytest.fixture
def both(shop: Box, engine: sa.Engine) -> list[str]:
    """Many messages with both words; the subjects, newest first, of those with the phrase."""
    having = []
    for number in range(30):
        is_phrase = number % 5 == 0
        text = "A blue teapot" if is_phrase else "A teapot, blue"
        shop.send(subject=f"{number}", text=text)
        having += [f"{number}"] * is_phrase
    all_can_be_found(engine)
    return having[::-1]


@pytest.mark.parametrize("part", ["messages", "threads"])
def test_pages_show_everything_once_in_order(shop: Box, both: list[str], part: str) -> None:
    for limit in (1, 2, 3, 6, 7, 100):
        read = list(pages(shop, part, query=QUERY, limit=limit))

        assert [one for page in read for one in subjects(page)] == both
        assert all(len(page) == limit for page in read[:-1])


@pytest.mark.parametrize("part", ["messages", "threads"])
def test_a_page_that_has_looked_at_enough_leads_on(
    shop: Box, both: list[str], part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phrases, "MOST_CANDIDATES", 4)
    monkeypatch.setattr(phrases, "BATCH", 4)

    read = list(pages(shop, part, query=QUERY, limit=3))

    assert [one for page in read for one in subjects(page)] == both
    assert len(read) > 5
    assert any(not page for page in read)


@pytest.mark.parametrize("part", ["messages", "threads"])
def test_long_texts_are_enough_sooner(
    shop: Box, both: list[str], part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phrases, "MOST_CHARACTERS", 50)
    monkeypatch.setattr(phrases, "BATCH", 5)

    read = list(pages(shop, part, query=QUERY, limit=100))

    assert [one for page in read for one in subjects(page)] == both
    assert len(read) > 5


def test_a_thread_is_never_left_in_its_middle(
    shop: Box, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its only message with the phrase is behind more than is looked at for a page."""
    monkeypatch.setattr(phrases, "MOST_CANDIDATES", 4)
    monkeypatch.setattr(phrases, "BATCH", 2)
    first = shop.send(subject="old", text="blue teapot")
    middle = shop.send(subject="middle", text="A blue teapot")
    for _ in range(11):
        accepted(shop.reply(middle["id"], text="teapot: blue"))
    shop.send(subject="newest", text="teapot, blue")
    all_can_be_found(engine)

    read = [one for page in pages(shop, "threads", query=QUERY) for one in page]

    assert [one["id"] for one in read] == [middle["threadId"], first["threadId"]]


@pytest.mark.parametrize("part", ["messages", "threads"])
def test_what_is_behind_many_new_ones_is_found_by_the_index(
    shop: Box, engine: sa.Engine, part: str
) -> None:
    shop.send(subject="needle", text="blue teapot")
    shop.send(subject="hay", text="teapot, blue")
    copies(engine, "hay", NEWEST + 10)
    shop.send(subject="new", text="a blue teapot")
    all_can_be_found(engine)

    read = [one for page in pages(shop, part, query=QUERY, limit=100) for one in page]

    assert subjects(read) == ["new", "needle"]


def test_a_phrase_is_found_in_what_the_html_shows(shop: Box, engine: sa.Engine) -> None:
    shop.send(subject="rich", text="", html="<p>A <b>blue</b> tea<i>pot</i></p>")
    shop.send(subject="two", text="", html="<p>A blue</p><p>thing</p><p>teapot</p>")
    all_can_be_found(engine)

    assert shop.subjects(query=QUERY) == ["rich"]


def test_a_search_that_takes_too_long_is_told_to_be_narrowed(shop: Box, engine: sa.Engine) -> None:
    shop.send(subject="teapot")
    all_can_be_found(engine)

    with engine.begin() as connection:  # as long as this lasts, nothing is read of the index
        connection.execute(sa.text("LOCK TABLE search IN ACCESS EXCLUSIVE MODE"))
        answers = [
            shop.client.get(f"{shop.path}/{part}", params={"query": query})
            for part, query in (("messages", "teapot"), ("threads", QUERY))
        ]
        plain = shop.client.get(f"{shop.path}/messages")

    assert [code(one) for one in answers] == [(422, "search_too_broad")] * 2
    assert "narrow" not in answers[0].json()["detail"]
    assert plain.status_code == 200
    assert shop.subjects(query="teapot") == ["teapot"]
