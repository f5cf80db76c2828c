"""A rolling restart: one process of two goes away while people are asking."""

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Self

import httpx
import pytest

from common.settings import Settings
from tests.integration.api.running import Process, running, started
from tests.integration.api.serving import Organization
from tests.waiting import eventually


@pytest.fixture
def pair(settings: Settings, tmp_path: Path) -> Iterator[list[Process]]:
    with ExitStack() as stack:
        logs = [tmp_path / "first.log", tmp_path / "second.log"]
        made = [stack.enter_context(running(settings, log)) for log in logs]
        yield [started(one) for one in made]


@dataclass(slots=True)
class Load:
    """Clients that ask one process and the other in turns, until they are stopped.

    Who finds nobody at a door has not been heard, and goes to the next; everything else must be
    answered. Half of them keep their connections.
    """

    urls: list[str]
    key: str
    stopped: threading.Event = field(default_factory=threading.Event)
    answers: list[httpx.Response] = field(default_factory=list)
    failures: list[httpx.TransportError] = field(default_factory=list)

    def ask(self, *, keeps: bool) -> None:
        limits = httpx.Limits(max_keepalive_connections=4 if keeps else 0)
        headers = {"authorization": f"Bearer {self.key}"}
        with httpx.Client(headers=headers, limits=limits, timeout=30) as client:
            for turn in count():
                if self.stopped.is_set():
                    return
                url = f"{self.urls[turn % len(self.urls)]}/v1/inboxes"
                try:
                    self.answers.append(client.post(url, json={}))
                except httpx.ConnectError:
                    continue
                except httpx.TransportError as failure:
                    self.failures.append(failure)

    def __enter__(self) -> Self:
        self._threads = [
            threading.Thread(target=self.ask, kwargs={"keeps": at % 2 == 0}) for at in range(6)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        for thread in self._threads:
            thread.join()

    _threads: list[threading.Thread] = field(default_factory=list)


def test_no_request_is_lost_and_nobody_is_sent_there_again(
    pair: list[Process], owner: Organization
) -> None:
    leaving, _ = pair
    with (
        httpx.Client(base_url=leaving.url) as balancer,
        Load([one.url for one in pair], owner.key) as load,
    ):
        assert balancer.get("/readyz").status_code == 200
        eventually(lambda: len(load.answers) > 30)
        leaving.popen.send_signal(signal.SIGTERM)
        told = eventually(lambda: not_ready(balancer))
        assert leaving.popen.wait(40) == 0
        after = len(load.answers)
        eventually(lambda: len(load.answers) > after + 10)

    assert load.failures == []
    assert {one.status_code for one in load.answers} == {201}
    assert told
    assert told.json()["code"] == "stopping"
    assert told.headers["connection"] == "close"
    assert "retry-after" in told.headers


def not_ready(balancer: httpx.Client) -> httpx.Response | None:
    answer = balancer.get("/readyz")
    return answer if answer.status_code == 503 else None
