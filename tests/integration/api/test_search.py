"""Finding messages by their words."""

from collections.abc import Callable
from urllib.parse import quote

import httpx
import pytest
import sqlalchemy as sa

from common.models import Message
from common.settings import Settings
from services.api.finding import NEWEST
from tests.integration.api.mailing import Box, box, count, received
from tests.integration.api.serving import Organization
from tests.waiting import eventually

WAITING = "search WHERE document IS NULL"


@pytest.fixture
def shop(client: httpx.Client) -> Box:
    return box(client, email="orders.desk@shop-one.mail.test", name="Käthe's Shop")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"default_domain": "shop-one.mail.test"})


@pytest.fixture
def find(shop: Box, engine: sa.Engine) -> Callable[[str], list[str]]:
    """The subjects that a query finds, once all that was sent can be found."""

    def found(query: str) -> list[str]:
        eventually(lambda: not count(engine, WAITING))
        return shop.subjects(query=query)

    return found


Find = Callable[[str], list[str]]


def test_a_new_message_is_found_within_five_seconds(shop: Box) -> None:
    shop.send(subject="Needle")

    eventually(lambda: shop.subjects(query="needle"), within=5)


def test_words_are_found_in_subject_text_and_sender(shop: Box, find: Find) -> None:
    shop.send(subject="Alpha", text="beta")
    shop.send(subject="Gamma", text="delta")

    assert find("alpha") == ["Alpha"]
    assert find("delta") == ["Gamma"]
    assert find("käthe") == ["Gamma", "Alpha"]


def test_a_sender_is_found_by_address_local_part_and_domain(shop: Box, find: Find) -> None:
    shop.send()

    for query in (shop.email, shop.email.upper(), "orders.desk", "shop-one.mail.test", "desk"):
        assert find(query) == ["Hello"], query
    assert find("someone@shop-one.mail.test") == []


def test_received_mail_is_found_by_its_sender(
    shop: Box, find: Find, engine: sa.Engine, owner: Organization
) -> None:
    received(engine, owner.id, shop, from_email="max@müller.example", from_name="Max Müller")

    assert find("müller max") == ["A question"]


def test_every_word_is_the_beginning_of_one_and_all_are_needed(shop: Box, find: Find) -> None:
    shop.send(subject="Invoice", text="forty-two euros")
    shop.send(subject="Invoice", text="seven euros")

    assert find("INV eur") == ["Invoice", "Invoice"]
    assert len(find("inv fort")) == 1
    assert find("voice") == []
    assert find("invoice forty seven") == []


def test_html_is_searched_where_there_is_no_text(shop: Box, find: Find) -> None:
    shop.send(subject="rich", text="", html="<style>hidden</style><p>vis<b>ib</b>le</p>")

    assert find("visible") == ["rich"]
    assert find("hidden") == []


def test_words_of_every_language_are_found(shop: Box, find: Find) -> None:
    shop.send(subject="Straße", text="关于会议的资料 हिन्दी Ζεύς")

    for query in ("STRASSE", "会议", "हिन्दी", "ΖΕΎΣ"):
        assert find(query) == ["Straße"], query


def test_a_query_without_a_word_finds_nothing(shop: Box, find: Find) -> None:
    shop.send(subject="% \\ ' & :* ! _", text="it's")

    for query in ("", " ", "%", "\\", "'", "&", ":*", "!", '"', "_", "()", "<->"):
        assert find(query) == [], query


TYPED = [
    "it's",
    "50%",
    "a & !b",
    "a:*",
    "a\\",
    "'a",
    "a | b",
    "-a",
    "a <-> b",
    "AND OR NOT",
    "a''b",
]


def test_what_is_typed_is_never_syntax(shop: Box, find: Find) -> None:
    shop.send(subject="both", text="it's 50 a b and or not")

    for query in TYPED:
        assert find(query) == ["both"], query


def test_no_bytes_are_an_error(shop: Box) -> None:
    hidden = quote("\u202e\ufeff\ufffd")
    for encoded in ("%00", "a%00b", "%ed%a0%80", "%ff%fe", "%F0%9F%98%80", hidden):
        response = shop.client.get(f"{shop.path}/messages?query={encoded}")

        assert (response.status_code, response.json()) == (200, []), encoded
        assert shop.client.get(f"{shop.path}/threads?query={encoded}").status_code == 200


def test_ten_thousand_characters_are_no_error(shop: Box, find: Find) -> None:
    long = " ".join(f"w{at}" for at in range(1500))
    shop.send(subject="long", text=long)

    assert find(long[:10_000]) == ["long"]
    assert find(long[:9_000] + " missing") == []
    assert find("x" * 10_000) == []
    assert find("'" * 10_000) == []


def test_the_largest_text_can_be_indexed(shop: Box, find: Find) -> None:
    shop.send(subject="large", text=" ".join(f"{at:x}{'é' * 90}" for at in range(20_000)))
    shop.send(subject="one word", text="\U00010428" * 200_000)

    assert find("large") == ["large"]
    assert find("word") == ["one word"]


def test_a_search_keeps_to_the_inbox_and_the_filters(shop: Box, find: Find) -> None:
    box(shop.client).send(subject="needle elsewhere")
    shop.send(subject="needle", labels=["a"])
    shop.send(subject="needle too")
    assert find("needle") == ["needle too", "needle"]

    assert shop.subjects(query="needle", label="a") == ["needle"]
    page = shop.client.get(f"{shop.path}/messages", params={"query": "needle", "limit": 1})
    assert [one["subject"] for one in page.json()] == ["needle too"]
    assert [one["subject"] for one in shop.client.get(page.links["next"]["url"]).json()] == [
        "needle"
    ]


def test_old_messages_are_found_behind_many_new_ones(
    shop: Box, engine: sa.Engine, find: Find
) -> None:
    first = shop.send(subject="needle in the hay")
    with engine.begin() as connection:
        copy_many(connection, NEWEST + 10)

    assert find("needle") == ["needle in the hay"]
    assert len(shop.found(query="straw", limit=100)) == 100
    assert shop.found(query="needle")[0]["id"] == first["id"]


def copy_many(connection: sa.Connection, times: int) -> None:
    """The one message that there is again and again, with another subject."""
    columns = [name for name in Message.model_fields if name not in {"id", "subject"}]
    names = ", ".join(columns)
    connection.execute(
        sa.text(f"""
        INSERT INTO message (id, subject, {names})
        SELECT postroom_uuid7(), 'straw', {names} FROM message, generate_series(1, :times)
        """),
        {"times": times},
    )
    connection.execute(
        sa.text("""
        INSERT INTO search (message_id, organization_id, inbox_id)
        SELECT id, organization_id, inbox_id FROM message WHERE subject = 'straw'
        """)
    )
