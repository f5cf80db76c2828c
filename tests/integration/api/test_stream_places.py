"""Where a stream may begin, how many there may be, and how one ends when the API stops."""

from contextlib import ExitStack

import httpx
import pytest

from common.settings import Settings
from services.api.watch import MOST
from tests.integration.api.serving import Organization, served
from tests.integration.api.streaming import PATH, listening
from tests.integration.api.test_stream import inboxes, listed
from tests.waiting import eventually


def test_an_organization_has_so_many_streams_and_gets_a_new_one_for_an_old_one(
    client: httpx.Client, stranger: httpx.Client
) -> None:
    with ExitStack() as opened:
        for _ in range(MOST - 1):
            opened.enter_context(listening(client))
        with listening(client):
            refused = client.get(PATH)
            with listening(stranger):
                pass
        eventually(lambda: is_taken(client))

    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_streams")
    assert refused.headers["retry-after"]


def is_taken(client: httpx.Client) -> bool:
    with client.stream("GET", PATH) as response:
        return response.status_code == 200


def test_a_stream_comes_to_a_good_end_when_the_api_stops(
    settings: Settings, owner: Organization
) -> None:
    headers = {"authorization": f"Bearer {owner.key}"}
    with ExitStack() as opened:
        with served(settings) as url:
            client = opened.enter_context(httpx.Client(base_url=url, headers=headers))
            stream = opened.enter_context(listening(client))
            inboxes(client, 1)
            stream.hears(1)
        eventually(lambda: stream.ended)

    assert not stream.broken  # as it would be if it had to be cut off


@pytest.mark.parametrize("after", ["evt_x", "evt_0000000000e000000000000000", "nonsense"])
def test_an_unknown_event_is_no_place_to_begin(client: httpx.Client, after: str) -> None:
    for asked in ({"headers": {"last-event-id": after}}, {"params": {"lastEventId": after}}):
        response = client.get(PATH, **asked)  # type: ignore[arg-type]

        assert (response.status_code, response.json()["code"]) == (400, "invalid_cursor")


def test_an_event_of_another_is_as_unknown(client: httpx.Client, stranger: httpx.Client) -> None:
    inboxes(client, 1)
    [theirs] = listed(client)

    response = stranger.get(PATH, headers={"last-event-id": theirs})

    assert (response.status_code, response.json()["code"]) == (400, "invalid_cursor")


def test_a_stream_wants_a_key_and_known_filters(client: httpx.Client, url: str) -> None:
    assert httpx.get(f"{url}{PATH}").status_code == 401
    assert client.get(PATH, params={"type": "message.lost"}).status_code == 422
