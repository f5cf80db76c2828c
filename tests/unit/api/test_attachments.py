"""Ranges and names of downloads."""

import pytest

from services.api.problems import Problem
from services.api.routes.attachments import Piece, disposition, wanted_piece


@pytest.mark.parametrize(
    ("header", "piece"),
    [
        ("bytes=0-0", Piece(0, 1)),
        ("bytes=2-4", Piece(2, 3)),
        ("bytes=7-", Piece(7, 3)),
        ("bytes=-4", Piece(6, 4)),
        ("bytes=-40", Piece(0, 10)),
        ("bytes=8-40", Piece(8, 2)),
    ],
)
def test_a_range_is_a_piece_of_the_ten_bytes(header: str, piece: Piece) -> None:
    assert wanted_piece(header, 10) == piece


@pytest.mark.parametrize(
    "header", [None, "", "bytes=-", "bytes=4-2", "bytes=0-1,3-4", "items=0-1", "bytes=a-b"]
)
def test_what_is_no_single_range_asks_for_all(header: str | None) -> None:
    assert wanted_piece(header, 10) is None


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0)])
def test_a_range_outside_is_a_416_that_tells_the_size(header: str, size: int) -> None:
    with pytest.raises(Problem) as caught:
        wanted_piece(header, size)

    assert caught.value.status == 416
    assert caught.value.headers == {"content-range": f"bytes */{size}"}


def test_a_name_cannot_leave_its_header() -> None:
    assert disposition('a"; b\r\n.pdf') == "attachment; filename*=UTF-8''a%22%3B%20b%0D%0A.pdf"
    assert disposition("Zürich.pdf") == "attachment; filename*=UTF-8''Z%C3%BCrich.pdf"
