"""The limit of sends and replies an hour: what counts, and what every answer says of it."""

from collections.abc import Callable

import httpx
import pytest
import sqlalchemy as sa

from tests.integration.api.limited import LIMIT, burst, standing, statuses
from tests.integration.api.mailing import Box, box, code, count, mail
from tests.integration.api.serving import MakeOrganization, Organization
from tests.waiting import eventually


@pytest.fixture
def owner(organization: MakeOrganization) -> Organization:
    return organization("acme", sends_per_hour=LIMIT)


@pytest.fixture
def shop(client: httpx.Client) -> Box:
    return box(client)


def test_each_message_leaves_one_less(shop: Box) -> None:
    answers = [shop.post(mail()) for _ in range(LIMIT)]

    assert [standing(one) for one in answers] == [(3, 2), (3, 1), (3, 0)]


def test_past_the_limit_nothing_is_accepted(shop: Box, engine: sa.Engine) -> None:
    assert statuses(shop, LIMIT) == [202] * LIMIT

    refused = shop.post(mail())

    assert code(refused) == (429, "rate_limit_exceeded")
    assert standing(refused) == (3, 0)
    assert refused.headers["retry-after"] == refused.headers["ratelimit-reset"]
    assert count(engine, "message") == LIMIT


def test_replies_count_too(shop: Box) -> None:
    sent = shop.send()

    assert standing(shop.reply(sent["id"])) == (3, 1)


def test_the_limit_is_the_organizations_not_the_inboxes_or_the_keys(
    shop: Box, client_of: Callable[[str], httpx.Client]
) -> None:
    assert statuses(shop, 2) == [202, 202]
    key = shop.client.post("/v1/api_keys", json={"name": "second"}).json()["key"]

    other = box(client_of(key))

    assert statuses(other, 2) == [202, 429]


def test_another_organization_has_a_limit_of_its_own(shop: Box, stranger: httpx.Client) -> None:
    assert statuses(shop, 4)[-1] == 429

    assert standing(box(stranger).post(mail())) == (100, 99)


def test_what_is_refused_does_not_count_and_says_where_one_stands(shop: Box) -> None:
    missing = f"{shop.path[:-1]}{'0' if shop.path[-1] != '0' else '1'}"
    refusals = [
        shop.post(mail(to=["nobody"])),
        shop.post(b"{"),
        shop.post(b"", content_type="text/plain"),
        shop.post(b" " * 42_000_001),
        shop.client.post(f"{missing}/messages/send", json=mail()),
        shop.client.post("/v1/inboxes/nonsense/messages/send", json=mail()),
        shop.reply("msg_nonsense"),
        shop.post(mail(), idempotency_key="a b"),
    ]

    assert [one.status_code for one in refusals] == [422, 400, 415, 413, 404, 404, 404, 400]
    assert {standing(one) for one in refusals} == {(3, 3)}
    assert statuses(shop, LIMIT) == [202] * LIMIT


def test_a_replay_does_not_count_and_is_given_past_the_limit(shop: Box) -> None:
    first = shop.post(mail(), idempotency_key="a")
    assert statuses(shop, LIMIT) == [202, 202, 429]

    again = shop.post(mail(), idempotency_key="a")

    assert again.content == first.content
    assert standing(again) == (3, 0)


def test_without_a_caller_there_is_no_standing(shop: Box) -> None:
    response = shop.post(mail(), authorization="Bearer x")

    assert response.status_code == 401
    assert not [name for name in response.headers if name.startswith("ratelimit")]


def test_a_burst_does_not_get_past_the_limit(shop: Box, engine: sa.Engine) -> None:
    assert burst(shop, 20) == [202] * LIMIT + [429] * (20 - LIMIT)
    assert count(engine, "message") == LIMIT


def test_a_raised_limit_does_not_begin_anew(shop: Box, engine: sa.Engine) -> None:
    assert statuses(shop, 4)[-1] == 429

    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE organization SET sends_per_hour = 5"))
    # A process believes what it knows of a key for a second. A question does not count.
    eventually(lambda: shop.post(mail(to=[])).headers["ratelimit-limit"] == "5")

    answers = [shop.post(mail()) for _ in range(3)]
    assert [one.status_code for one in answers] == [202, 202, 429]
