"""Sending until a limit is met."""

import threading

import httpx

from tests.integration.api.mailing import Box, mail

LIMIT = 3


def standing(response: httpx.Response) -> tuple[int, int]:
    """Limit and what is left; the reset must make sense."""
    assert 0 < int(response.headers["ratelimit-reset"]) <= 3600
    return int(response.headers["ratelimit-limit"]), int(response.headers["ratelimit-remaining"])


def statuses(shop: Box, times: int) -> list[int]:
    """Of as many sends, one after the other."""
    return [shop.post(mail()).status_code for _ in range(times)]


def burst(shop: Box, times: int) -> list[int]:
    """Of as many sends at the same time, sorted."""
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda: answers.append(shop.post(mail()).status_code))
        for _ in range(times)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(answers)
