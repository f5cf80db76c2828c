"""What a connection writes in one turn of the event loop leaves together."""

import asyncio
from collections.abc import Callable
from typing import Any

from services.api.wire import Gathering

BIG = b"b" * 100_000


class Recording(asyncio.Transport):
    """What was written, write by write, and when it was closed."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []

    def write(self, data: Any) -> None:
        self.writes.append(data)

    def is_closing(self) -> bool:
        return b"closed" in self.writes

    def close(self) -> None:
        self.writes.append(b"closed")


def written(use: Callable[[Gathering], None]) -> tuple[list[bytes], list[bytes]]:
    """Within the turn, and after it."""

    async def run() -> tuple[list[bytes], list[bytes]]:
        transport = Recording()
        use(Gathering(transport, asyncio.get_running_loop()))
        at_once = [*transport.writes]
        await asyncio.sleep(0)
        return at_once, transport.writes

    return asyncio.run(run())


def test_a_head_leaves_with_its_body_at_the_end_of_the_turn() -> None:
    def use(gathering: Gathering) -> None:
        gathering.write(b"head ")
        gathering.write(b"body")

    assert written(use) == ([], [b"head body"])


def test_what_is_big_goes_at_once_uncopied_and_behind_what_came_before() -> None:
    def use(gathering: Gathering) -> None:
        gathering.write(b"head")
        gathering.write(BIG)
        gathering.write(b"end")

    at_once, in_all = written(use)

    assert at_once == [b"head", BIG]
    assert at_once[1] is BIG
    assert in_all == [b"head", BIG, b"end"]


def test_much_that_waits_does_not_wait_for_the_end_of_the_turn() -> None:
    def use(gathering: Gathering) -> None:
        for _ in range(3):
            gathering.write(b"a" * 40_000)

    at_once, in_all = written(use)

    assert [len(one) for one in at_once] == [80_000]
    assert sum(map(len, in_all)) == 120_000


def test_who_closes_has_written_before_and_not_after() -> None:
    def use(gathering: Gathering) -> None:
        gathering.write(b"last")
        gathering.close()
        gathering.write(b"too late")

    assert written(use) == ([b"last", b"closed"], [b"last", b"closed"])
