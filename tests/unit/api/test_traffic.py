"""Requests in numbers."""

import pytest

from services.api import traffic
from tests.growth import Growth

ROUTE = "/v1/inboxes/{inbox_id}"


@pytest.mark.parametrize(
    ("request_", "labels"),
    [
        ((ROUTE, "GET", 200), ("GET", ROUTE, "2xx")),
        ((ROUTE, "GET", 503), ("GET", ROUTE, "5xx")),
        ((ROUTE, "GET", None), ("GET", ROUTE, "none")),
        ((None, "GET", 404), ("GET", "unmatched", "4xx")),
        ((ROUTE, "GETT", 405), ("other", "unmatched", "4xx")),
    ],
)
def test_no_label_has_what_a_client_may_invent(
    request_: tuple[str | None, str, int | None], labels: tuple[str, ...]
) -> None:
    growth = Growth()

    traffic.count(*request_, 0.25)

    assert growth.all("postroom_requests_total") == {labels: 1}
    assert growth.all("postroom_request_seconds_sum") == {labels[:2]: 0.25}
