"""The guard at connect time: what is private is not visited, whatever it is called."""

import asyncio
import ssl
from collections.abc import Iterator

import aiohttp
import pytest
import uvloop

from services.webhooks.egress import MOST_CONNECTS, Forbidden, Guard, Network
from services.webhooks.failures import Failed
from services.webhooks.wire import Connector, begin
from tests.integration.webhooks.calling import calling
from tests.integration.webhooks.endpoint import (
    ANSWER,
    HEADERS,
    Endpoint,
    answering,
    serve,
)
from tests.integration.webhooks.town import NAME, OTHER_PUBLIC, PUBLIC, Town
from tests.unit.webhooks.addresses import PRIVATE

SPELLED = [
    *("127.0.0.1", "127.1", "2130706433", "0x7f.1", "0x7f000001", "0177.0.0.1", "0", "0.0.0.0"),  # noqa: S104
    *("::1", "::ffff:127.0.0.1", "::127.0.0.1", "::ffff:7f00:1", "localhost", "localhost."),
    *("64:ff9b::7f00:1", "2002:7f00:1::", "169.254.169.254", "fd00:ec2::254", "fe80::1%lo"),
]


@pytest.fixture
def canary() -> Iterator[Endpoint]:
    with serve(answering(ANSWER)) as endpoint:
        yield endpoint


@pytest.mark.parametrize("host", SPELLED)
def test_the_connector_connects_to_nothing_private_whatever_url_comes_so_far(
    canary: Endpoint, host: str
) -> None:
    async def post() -> None:
        begin()
        guard = Guard(False, Network())
        connector = Connector(guard, guard.open, ssl.create_default_context(), keep=True)
        spelled = f"[{host}]" if ":" in host else host
        async with asyncio.timeout(10), aiohttp.ClientSession(connector=connector) as session:
            await session.post(f"http://{spelled}:{canary.port}/")

    with (
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        pytest.raises((Forbidden, Failed, aiohttp.InvalidURL, ValueError)),
    ):
        runner.run(post())

    assert canary.visits == 0


@pytest.mark.parametrize("host", SPELLED)
def test_the_client_visits_nothing_private_in_any_spelling(canary: Endpoint, host: str) -> None:
    spelled = f"[{host}]" if ":" in host else host

    with calling(10) as client:
        for url in (f"http://{spelled}:{canary.port}/", f"https://{spelled}:{canary.port}/"):
            answer = client.post(url, b"{}", HEADERS)
            assert (answer.error, answer.status) == ("forbidden address", None)

    assert canary.visits == 0


@pytest.mark.parametrize("address", PRIVATE)
def test_a_name_of_a_private_address_is_not_visited(canary: Endpoint, address: str) -> None:
    town = Town([address], port=canary.port)

    with calling(10, network=town.network()) as client:
        answer = client.post(f"https://{NAME}/", b"{}", HEADERS)

    assert (answer.error, answer.status) == ("forbidden address", None)
    assert (town.asked, town.opened, canary.visits) == ([f"{NAME}."], [], 0)


@pytest.mark.parametrize("address", PRIVATE)
def test_no_socket_is_made_for_a_private_address_whoever_asks(address: str) -> None:
    town = Town()
    begin()

    with pytest.raises(Forbidden):
        Guard(False, town.network()).open((0, 0, 0, "", (address, 443)))

    assert town.opened == []


@pytest.mark.parametrize("private", ["127.0.0.1", "::1", "10.0.0.1", "::ffff:127.0.0.1", "garbage"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_private_address_among_public_ones_forbids_the_name(private: str, place: int) -> None:
    addresses = [PUBLIC, OTHER_PUBLIC]
    addresses.insert(place, private)
    town = Town(addresses)

    with calling(10, network=town.network()) as client:
        answer = client.post(f"https://{NAME}/", b"{}", HEADERS)

    assert answer.error == "forbidden address"
    assert town.opened == []


def test_a_name_that_changes_its_answer_is_connected_to_where_it_was_checked(
    canary: Endpoint,
) -> None:
    town = Town([PUBLIC], ["127.0.0.1"], port=canary.port, deaf=[PUBLIC])

    with calling(10, network=town.network()) as client:
        errors = [client.post(f"https://{NAME}/", b"{}", HEADERS).error for _ in range(2)]

    assert errors == ["connection refused", "forbidden address"]
    assert len(town.asked) == 2  # once for each attempt: there is no second answer to trust
    assert town.opened == [PUBLIC]
    assert canary.visits == 0


def test_a_name_is_asked_for_as_absolute_so_that_no_search_list_bends_it() -> None:
    town = Town(["10.0.0.1"])

    with calling(10, network=town.network()) as client:
        client.post("https://redis.prod/", b"{}", HEADERS)

    assert town.asked == ["redis.prod."]


def test_the_next_address_is_tried_where_one_refuses() -> None:
    with serve(answering(ANSWER)) as endpoint:
        town = Town([OTHER_PUBLIC, PUBLIC], port=endpoint.port, deaf=[OTHER_PUBLIC])
        with calling(10, allow_private=True, network=town.network()) as client:
            answer = client.post(f"http://{NAME}/", b"{}", HEADERS)

    assert answer.delivered
    assert (town.opened, endpoint.visits) == ([OTHER_PUBLIC, PUBLIC], 1)


def test_a_name_with_a_thousand_addresses_is_not_a_thousand_connections() -> None:
    addresses = [f"93.184.{n // 250}.{n % 250}" for n in range(1000)]
    town = Town(addresses, deaf=addresses)

    with calling(10, network=town.network()) as client:
        answer = client.post(f"https://{NAME}/", b"{}", HEADERS)

    assert answer.error == "connection refused"
    assert town.opened == addresses[:MOST_CONNECTS]
