"""statuses: a recipient stands where the gravest thing that was seen has put it."""

from datetime import timedelta
from itertools import pairwise, permutations

import pytest
from hypothesis import given, strategies as st

from common import statuses
from common.statuses import Reason, Standing
from tests import ses

reasons = st.none() | st.fixed_dictionaries(
    {"message": st.sampled_from("ab")}, optional={"type": st.sampled_from("cd")}
)
seen = st.tuples(
    st.sampled_from(statuses.RECIPIENT_STATUSES),
    st.integers(0, 2).map(lambda minute: ses.NOON + timedelta(minutes=minute)),
    reasons,
)
standings = st.lists(
    st.builds(
        Standing,
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(statuses.RECIPIENT_STATUSES),
        st.just(ses.NOON),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda one: one.email,
)
START = Standing("jo@example.com", "queued", ses.NOON)


def test_the_order_of_a_recipients_statuses() -> None:
    assert statuses.RECIPIENT_STATUSES == (
        "queued",
        "unknown",
        "held",
        "sent",
        "delayed",
        "delivered",
        "rejected",
        "bounced_transient",
        "bounced",
        "complained",
        "received",
    )


def test_the_gravity_of_a_messages_statuses_is_the_contracts() -> None:
    contract = ["complained", "bounced", "rejected", "delivered", "sent", "queued"]

    assert list(reversed(statuses.MESSAGE_STATUSES[:-1])) == contract


def test_a_message_never_goes_back_where_its_recipient_goes_on() -> None:
    order = [
        statuses.MESSAGE_STATUSES.index(statuses.of_message(status))
        for status in statuses.RECIPIENT_STATUSES
    ]

    assert order == sorted(order)


@pytest.mark.parametrize(
    ("status", "shown", "of_message"),
    [
        ("queued", "queued", "queued"),
        ("unknown", "queued", "queued"),
        ("sent", "sent", "sent"),
        ("delayed", "delayed", "sent"),
        ("delivered", "delivered", "delivered"),
        ("bounced_transient", "bounced", "bounced"),
        ("bounced", "bounced", "bounced"),
        ("rejected", "rejected", "rejected"),
        ("complained", "complained", "complained"),
        ("received", "received", "received"),
    ],
)
def test_what_callers_see_of_it(status: str, shown: str, of_message: str) -> None:
    assert (statuses.shown(status), statuses.of_message(status)) == (shown, of_message)


@pytest.mark.parametrize(("lower", "higher"), list(pairwise(statuses.RECIPIENT_STATUSES)))
def test_a_higher_status_wins_and_a_lower_one_changes_nothing(lower: str, higher: str) -> None:
    later = ses.NOON + timedelta(hours=1)
    standing = Standing("jo@example.com", lower, ses.NOON)

    raised = standing.raise_to(higher, later, {"message": "why"})

    assert (raised.status, raised.at, raised.reason) == (higher, later, {"message": "why"})
    assert raised.raise_to(lower, ses.NOON) is raised


def test_of_equal_ones_the_first_moment_stays() -> None:
    earlier, later = ses.NOON, ses.NOON + timedelta(minutes=1)
    standing = Standing("jo@example.com", "bounced", later, {"message": "b"})

    assert standing.raise_to("bounced", earlier, {"message": "a"}).at == earlier
    assert standing.raise_to("bounced", later + timedelta(minutes=1)) is standing


def test_a_reason_whose_members_come_in_another_order_is_the_same_reason() -> None:
    one: Reason = {"message": "a", "type": "b"}
    standing = Standing("jo@example.com", "bounced", ses.NOON, one)

    assert standing.raise_to("bounced", ses.NOON, {"type": "b", "message": "a"}) is standing


def _fold(sightings: list[tuple[str, object, Reason | None]]) -> Standing:
    standing = START
    for status, at, reason in sightings:
        standing = standing.raise_to(status, at, reason)  # type: ignore[arg-type]
    return standing


@given(st.lists(seen, max_size=6), st.data())
def test_neither_order_nor_repetition_shows(
    sightings: list[tuple[str, object, Reason | None]], data: st.DataObject
) -> None:
    repeated = data.draw(st.lists(st.sampled_from(sightings), max_size=3)) if sightings else []

    assert _fold(data.draw(st.permutations(sightings + repeated))) == _fold(sightings)


@given(standings)
def test_the_gravest_is_the_same_in_every_order(standings: list[Standing]) -> None:
    found = {statuses.gravest(list(order)).email for order in permutations(standings)}

    assert len(found) == 1


def test_a_delayed_recipient_speaks_for_the_message_before_one_of_whom_nothing_is_known() -> None:
    sent = Standing("a@example.com", "sent", ses.NOON)
    delayed = Standing("b@example.com", "delayed", ses.NOON + timedelta(minutes=1))

    assert statuses.gravest([sent, delayed]) is delayed
