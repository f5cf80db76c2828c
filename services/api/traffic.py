"""Requests in numbers, by route template: a path has ids in it, and a client may invent them."""

from functools import cache
from http import HTTPMethod, HTTPStatus
from typing import Final

from prometheus_client import Counter, Histogram

from common import metrics

# status: 2xx to 5xx, or `none` where the client went away before an answer
REQUESTS: Final = Counter(
    "postroom_requests_total", "Requests to the API", ["route", "method", "status"]
)
SECONDS: Final = Histogram(
    "postroom_request_seconds",
    "From a request's head to the end of its answer; what waits on purpose waits here too",
    ["route", "method"],
    buckets=metrics.SECONDS,
)
_METHODS: Final = frozenset(HTTPMethod)
_UNMATCHED: Final = "unmatched"


def count(route: str | None, method: str, status: int | None, seconds: float) -> None:
    """One request that has come to its end. `route`: the template, None where none matched."""
    if route is None or status == HTTPStatus.METHOD_NOT_ALLOWED:
        route = _UNMATCHED
    known = method if method in _METHODS else "other"
    requests, times = _of(route, known, f"{status // 100}xx" if status else "none")
    requests.inc()
    times.observe(seconds)


@cache
def _of(route: str, method: str, status: str) -> tuple[Counter, Histogram]:
    """Remembered: to find one takes longer than to count. Few, as each argument has few values."""
    return REQUESTS.labels(route, method, status), SECONDS.labels(route, method)
