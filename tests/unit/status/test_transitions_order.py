"""transitions and ranks: the same end for every order and repetition of what SES tells."""

from datetime import timedelta

from hypothesis import given, strategies as st

from common.statuses import Standing
from services.status.parse import SesEvent, parse
from services.status.transitions import sighting
from tests import ses


def fold(bodies: list[str]) -> Standing:
    """Where Jo ends."""
    standing = Standing(ses.JO, "queued", ses.NOON - timedelta(minutes=1))
    for body in bodies:
        event = parse(body)
        assert isinstance(event, SesEvent)
        seen = sighting(event, ses.MESSAGE_ID)
        if seen and ses.JO in (seen.emails or (ses.JO,)):
            standing = standing.raise_to(seen.status, seen.at, seen.reason)
    return standing


@given(story=ses.stories(), data=st.data())
def test_a_recipient_ends_the_same_for_every_order_and_repetition(
    story: list[ses.Telling], data: st.DataObject
) -> None:
    told = [ses.event_of(telling, "ses-1") for telling in story]
    repeated = data.draw(st.lists(st.sampled_from(told), max_size=6))

    assert fold(data.draw(st.permutations(told + repeated))) == fold(told)
