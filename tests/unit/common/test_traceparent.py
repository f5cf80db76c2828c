"""`traceparent` is read from strangers."""

import pytest

from common import traceparent
from common.traceparent import Parent

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("flags", "is_sampled"),
    [("00", False), ("01", True), ("02", False), ("03", True), ("ff", True)],
)
def test_the_last_flag_says_whether_it_is_sampled(flags: str, is_sampled: bool) -> None:
    found = traceparent.read(f"00-{TRACE}-{SPAN}-{flags}")

    assert found == Parent(int(TRACE, 16), int(SPAN, 16), is_sampled)


@pytest.mark.parametrize("text", [f"01-{TRACE}-{SPAN}-01", f"cc-{TRACE}-{SPAN}-01-what-comes"])
def test_a_version_of_later_is_read_as_far_as_it_is_known(text: str) -> None:
    assert traceparent.read(text) == Parent(int(TRACE, 16), int(SPAN, 16), is_sampled=True)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "00",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}-01-",
        f"00-{TRACE}-{SPAN}-01-more",
        f"01-{TRACE}-{SPAN}-01more",
        f"01-{TRACE}-{SPAN}-01-{'x' * 100}",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        f"00-{TRACE}0-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\n",
        f" 00-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01\r\nx-injected: 1",
        f"00-{TRACE[:-1]}\u0661-{SPAN}-01",  # a digit, but none of ASCII's
        f"00-{TRACE}-{SPAN}-01,00-{TRACE}-{SPAN}-01",
        f"00_{TRACE}_{SPAN}_01",
        "00-" + "0x" * 16 + f"-{SPAN}-01",
        "\0" * 55,
        "\ud800" * 55,
    ],
)
def test_whatever_else_it_is_is_nothing(text: str | None) -> None:
    assert traceparent.read(text) is None


@pytest.mark.parametrize("is_sampled", [False, True])
def test_what_is_written_is_read_again_and_fits_a_tag_of_ses(is_sampled: bool) -> None:
    parent = Parent(1, 2, is_sampled)

    written = traceparent.write(parent)

    assert len(written) == 55
    assert set(written) <= set("0123456789abcdef-")
    assert traceparent.read(written) == parent
