"""`GET /v1/events/stream`: everything that happens is told, once, whatever happens meanwhile."""

import httpx
import sqlalchemy as sa

from common import events, ids
from common.events import NewEvent
from services.api.event_log import HORIZON
from tests.integration.api.serving import Organization
from tests.integration.api.streaming import listening
from tests.waiting import eventually


def inboxes(client: httpx.Client, count: int) -> list[str]:
    return [client.post("/v1/inboxes", json={}).json()["id"] for _ in range(count)]


def listed(client: httpx.Client) -> list[str]:
    """The ids of all events, oldest first."""
    found = client.get("/v1/events", params={"limit": 100}).json()
    return [event["id"] for event in reversed(found)]


def settled(engine: sa.Engine) -> None:
    """No transaction of the server, whose tests are many, is older than the newest event: a place
    behind an event that is known from a list is behind it then.
    """
    old = sa.text(f"SELECT coalesce(max(transaction), 0) < {HORIZON} FROM event")

    def is_settled() -> bool:
        with engine.connect() as connection:
            return bool(connection.execute(old).scalar())

    eventually(is_settled, what="older transactions have ended")


def write(connection: sa.Connection, owner: Organization, payload: str = "x") -> str:
    event = NewEvent(owner.id, "inbox.created", {"id": payload})
    connection.execute(*events.write([event]))
    return ids.encode(ids.EVENT, event.id)


def test_what_happens_is_told_as_it_is_listed(client: httpx.Client) -> None:
    inboxes(client, 1)

    with listening(client) as stream:
        inboxes(client, 2)
        told = stream.hears(2)

    assert [one.data for one in told] == client.get("/v1/events").json()[:2][::-1]
    assert [(one.id, one.type) for one in told] == [
        (one.data["id"], one.data["event"]) for one in told
    ]


def test_it_is_a_stream_for_browsers_and_their_proxies(client: httpx.Client) -> None:
    with listening(client) as stream:
        headers = stream.response.headers

    assert headers["content-type"].startswith("text/event-stream")
    assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")
    assert headers["x-request-id"].startswith("req_")
    assert "content-length" not in headers


def test_who_comes_back_is_told_the_rest_without_gap_or_repeat(client: httpx.Client) -> None:
    with listening(client) as stream:
        inboxes(client, 30)
        eventually(lambda: stream.told)
    last = stream.ids[-1]
    inboxes(client, 25)  # more than a page, with what the first has not heard

    with listening(client, after=last) as rest:
        inboxes(client, 1)
        rest.hears(56 - len(stream.told))

    assert stream.ids + rest.ids == listed(client)


def test_a_browser_begins_behind_an_event_by_its_query(
    client: httpx.Client, engine: sa.Engine
) -> None:
    inboxes(client, 3)
    first, *others = listed(client)
    settled(engine)

    with listening(client, lastEventId=first) as stream:
        stream.hears(2)
    with listening(client, after=others[0], lastEventId=first) as again:
        again.hears(1)

    assert (stream.ids, again.ids) == (others, others[1:])


def test_an_event_that_commits_late_is_told_though_later_ones_were_written_before(
    client: httpx.Client, engine: sa.Engine, owner: Organization
) -> None:
    with listening(client) as stream, engine.connect() as slow:
        early = write(slow, owner)
        with engine.begin() as quick:
            late = write(quick, owner)
        [before] = inboxes(client, 1)
        eventually(lambda: before in str(client.get("/v1/events").json()))
        slow.commit()
        stream.hears(3)

    assert early < late
    assert stream.ids[:2] == [early, late]


def test_who_comes_back_behind_an_event_misses_none_that_was_still_to_be_committed(
    client: httpx.Client, engine: sa.Engine, owner: Organization
) -> None:
    with engine.connect() as slow:
        early = write(slow, owner)
        with engine.begin() as quick:
            late = write(quick, owner)
        with listening(client, after=late) as stream:  # known from a list, or a webhook
            slow.commit()
            eventually(lambda: early in stream.ids)


def test_clocks_that_differ_hide_nothing(
    client: httpx.Client, engine: sa.Engine, owner: Organization
) -> None:
    made = [NewEvent(owner.id, "inbox.created", {"id": "x"}) for _ in range(60)]
    [begun] = inboxes(client, 1) and listed(client)
    settled(engine)
    with listening(client, after=begun) as stream:
        for late_clock in (made[40:], made[20:40], made[:20]):
            with engine.begin() as connection:
                connection.execute(*events.write(late_clock))
        stream.hears(60)
    with listening(client, after=begun) as again:
        again.hears(60)

    in_order = made[40:] + made[20:40] + made[:20]
    assert stream.ids == again.ids == [ids.encode(ids.EVENT, one.id) for one in in_order]


def test_what_was_committed_before_the_request_is_not_told(
    client: httpx.Client, engine: sa.Engine, owner: Organization
) -> None:
    """Also while an older transaction of anybody's, in any database of the server, still runs."""
    with engine.connect() as older:
        older.execute(sa.text("SELECT pg_current_xact_id()"))
        with engine.begin() as connection:
            write(connection, owner)

        with listening(client) as stream:
            [inbox] = inboxes(client, 1)
            older.rollback()
            [told] = stream.hears(1)

    assert told.data["inboxId"] == inbox


def test_only_what_is_asked_for_is_told(client: httpx.Client) -> None:
    first, second = inboxes(client, 2)

    with (
        listening(client, type="inbox.updated") as renamed,
        listening(client, inboxId=second) as of_second,
        listening(client, type="inbox.deleted", inboxId=first) as both,
    ):
        for inbox in (first, second):
            client.patch(f"/v1/inboxes/{inbox}", json={"name": "new"})
            client.delete(f"/v1/inboxes/{inbox}")
        renamed.hears(2)
        of_second.hears(2)
        both.hears(1)

    assert {one.type for one in renamed.told} == {"inbox.updated"}
    assert {one.data["inboxId"] for one in of_second.told} == {second}
    assert [(one.type, one.data["inboxId"]) for one in both.told] == [("inbox.deleted", first)]


def test_nobody_is_told_of_another(client: httpx.Client, stranger: httpx.Client) -> None:
    with listening(stranger) as stream, listening(client) as mine:
        inboxes(client, 1)
        mine.hears(1)
        [own] = inboxes(stranger, 1)
        [told] = stream.hears(1)

    assert told.data["inboxId"] == own
