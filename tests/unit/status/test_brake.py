"""Where the brake's lines are: SES's own, of 1,000 sends."""

import pytest

from services.status.brake import SENDS, Lines

USUAL = Lines.of_rates(0.05, 0.001)


def test_the_usual_lines_are_those_at_which_ses_reviews_an_account() -> None:
    assert Lines(bounced=50, complained=1) == USUAL
    assert SENDS == 1000


@pytest.mark.parametrize(
    ("bounced", "complained", "why"),
    [
        (0, 0, None),
        (50, 1, None),
        (51, 0, "bounces"),
        (0, 2, "complaints"),
        (51, 2, "bounces"),
    ],
)
def test_only_what_is_above_a_line_has_crossed_it(
    bounced: int, complained: int, why: str | None
) -> None:
    crossed = USUAL.crossed(bounced, complained)

    assert (crossed and crossed[0]) == why


def test_the_sentence_says_how_many_and_how_many_may() -> None:
    assert USUAL.crossed(51, 0) == (
        "bounces",
        "Nothing is sent: 51 of the last 1,000 messages bounced for good, and 50 may.",
    )


@pytest.mark.parametrize("rate", [0.001, 0.003, 0.007, 0.029, 0.057, 0.999, 1.0])
def test_a_share_of_a_thousand_is_exact(rate: float) -> None:
    """0.057 x 1000 is a little less than 57 in floating point."""
    assert Lines.of_rates(rate, rate).bounced == round(rate * 1000)
