"""What counts against an account, and how often."""

import pytest

from services.status import reputation
from services.status.parse import SesEvent, parse
from tests import ses
from tests.growth import Growth

BOTH = (ses.JO, ses.KIM)
ABOUT_ALL = ("send", "open")
NAMES = (
    "postroom_recipients_delivered_total",
    "postroom_bounces_total",
    "postroom_complaints_total",
)


@pytest.mark.parametrize(
    ("event", "counted"),
    [
        ("send", {}),
        ("open", {}),
        ("delivery_delay", {}),
        ("delivery", {("postroom_recipients_delivered_total",): 2}),
        ("bounce_permanent", {("postroom_bounces_total", "permanent"): 2}),
        ("bounce_transient", {("postroom_bounces_total", "transient"): 2}),
        ("bounce_suppressed", {("postroom_bounces_total", "withheld"): 2}),
        ("complaint", {("postroom_complaints_total", "spam"): 1}),
    ],
)
def test_recipients_are_counted_and_complaints_once(
    event: str, counted: dict[tuple[str, ...], int]
) -> None:
    told = parse(ses.event(event, "one", recipients=None if event in ABOUT_ALL else BOTH))
    assert isinstance(told, SesEvent)
    growth = Growth()

    reputation.count(told)

    grown = {(name, *labels): by for name in NAMES for labels, by in growth.all(name).items()}
    assert grown == counted


def test_a_type_that_ses_invents_makes_no_label() -> None:
    told = parse(ses.event("bounce_permanent", "one").replace("Permanent", "Novel"))
    assert isinstance(told, SesEvent)
    growth = Growth()

    reputation.count(told)

    assert growth.all("postroom_bounces_total") == {("other",): 1}
