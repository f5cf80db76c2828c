"""Asking the API for what is there."""

from typing import Any

import httpx


def get(client: httpx.Client, path: str, **query: Any) -> Any:
    answer = client.get(path, params=query)
    assert answer.status_code == 200, (path, answer.text)
    return answer.json()
