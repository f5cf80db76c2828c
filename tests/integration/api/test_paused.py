"""An organization that is paused: nothing new is accepted, and everything else goes on."""

import httpx
import pytest
import sqlalchemy as sa

from services.status import brake
from tests.integration.api.mailing import Box, accepted, box, code, count, mail
from tests.integration.api.serving import Organization
from tests.waiting import eventually

WHY = "Nothing is sent: 51 of the last 1,000 messages bounced for good, and 50 may."


@pytest.fixture
def shop(client: httpx.Client) -> Box:
    return box(client)


@pytest.fixture
def answered(shop: Box) -> httpx.Response:
    """To what was accepted while all was well."""
    response = shop.post(mail(), idempotency_key="before")
    accepted(response)
    return response


@pytest.fixture
def refused(
    owner: Organization, shop: Box, answered: httpx.Response, engine: sa.Engine
) -> httpx.Response:
    """The first answer of an API that has heard of the pause: within a second, as of a key."""
    assert answered.is_success
    with engine.begin() as connection:
        brake.pause(connection, owner.id, "bounces", WHY)
    eventually(lambda: shop.post(mail()).status_code == 403)
    return shop.post(mail())


def test_a_send_is_refused_and_says_why(refused: httpx.Response) -> None:
    assert code(refused) == (403, "organization_paused")
    assert refused.json()["detail"] == WHY
    assert "ratelimit-remaining" in refused.headers


@pytest.mark.usefixtures("refused")
def test_a_reply_is_refused_too(answered: httpx.Response, shop: Box) -> None:
    assert code(shop.reply(answered.json()["id"])) == (403, "organization_paused")


@pytest.mark.usefixtures("refused")
def test_an_answer_that_was_given_is_given_again(answered: httpx.Response, shop: Box) -> None:
    again = shop.post(mail(), idempotency_key="before")

    assert (again.status_code, again.content) == (202, answered.content)


def test_nothing_is_written_or_counted_and_mail_is_still_read(
    refused: httpx.Response, shop: Box, engine: sa.Engine
) -> None:
    before, left = count(engine, "message"), refused.headers["ratelimit-remaining"]

    assert shop.post(mail()).headers["ratelimit-remaining"] == left

    assert count(engine, "message") == before
    assert len(shop.found()) == before


@pytest.mark.usefixtures("refused")
def test_who_is_released_may_send_again(owner: Organization, shop: Box, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        brake.release(connection, owner.id)

    eventually(lambda: shop.post(mail()).status_code == 202)
