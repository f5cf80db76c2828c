"""Files' bytes go into their table in pieces, and fail as any statement does."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from common import blobs, ids
from common.blobs import Blob
from common.db import OF_WORKERS, make_async_engine, make_engine
from common.settings import Settings
from tests.faults.proxy import Proxy, by, line_to

Write = Callable[[Settings, Iterable[Blob]], None]

SHORT = replace(OF_WORKERS, connect=2, statement=0.5, answer=0.4)
OWNER = ids.new()
READ = sa.text("SELECT content FROM blob WHERE organization_id = :owner ORDER BY id")


def by_threads(settings: Settings, rows: Iterable[Blob]) -> None:
    engine = make_engine(settings, patience=SHORT)
    try:
        with engine.begin() as connection:
            blobs.copy_in(connection, rows)
    finally:
        engine.dispose()


def by_a_task(settings: Settings, rows: Iterable[Blob]) -> None:
    asyncio.run(task(settings, rows))


async def task(settings: Settings, rows: Iterable[Blob]) -> None:
    engine = make_async_engine(settings, patience=SHORT)
    try:
        async with engine.begin() as connection:
            await blobs.copy_in_async(connection, rows)
    finally:
        await engine.dispose()


@pytest.fixture(params=[by_threads, by_a_task])
def write(request: pytest.FixtureRequest) -> Write:
    way: Write = request.param
    return way


@pytest.fixture
def line(settings: Settings) -> Iterator[Proxy]:
    with line_to(settings.database_url) as line:
        yield line


@pytest.fixture
def far(settings: Settings, line: Proxy) -> Settings:
    """The same database, at the other end of the line."""
    return settings.model_copy(update={"database_url": by(settings.database_url, line)})


def file(content: bytes = bytes(100_000)) -> Blob:
    return Blob(ids.new(), OWNER, content)


def test_what_was_written_is_there_byte_for_byte(
    settings: Settings, engine: sa.Engine, write: Write
) -> None:
    owner = ids.new()
    contents = [b"", bytes(range(256)), bytes(range(251)) * 20_000]

    write(settings, [Blob(ids.new(), owner, content) for content in contents])

    with engine.connect() as connection:
        assert contents == list(connection.execute(READ, {"owner": owner}).scalars())


@pytest.mark.parametrize("size", [1, 1_000_000])
def test_small_ones_and_large_ones_come_to_the_same(
    settings: Settings, engine: sa.Engine, size: int
) -> None:
    owner = ids.new()
    contents = [bytes([number]) * size for number in range(4)]
    files = [Blob(ids.new(), owner, content) for content in contents]

    async def run() -> None:
        database = make_async_engine(settings)
        async with database.begin() as connection:
            await blobs.write_async(connection, files[2:])
        await database.dispose()

    with engine.begin() as connection:
        blobs.write(connection, files[:2])
    asyncio.run(run())

    with engine.connect() as connection:
        assert contents == list(connection.execute(READ, {"owner": owner}).scalars())


def test_all_of_them_come_back_and_any_part_of_one(settings: Settings, engine: sa.Engine) -> None:
    owner = ids.new()
    small, empty, large = bytes(range(99)), b"", bytes(range(251)) * 12_000
    files = [Blob(ids.new(), owner, content) for content in (small, empty, large)]
    by_threads(settings, files)
    sizes = {str(one.id): len(one.content) for one in files}
    whole = str(files[2].id)

    with engine.connect() as connection:
        assert blobs.read(connection, owner, {}) == {}
        assert list(blobs.read(connection, owner, sizes).values()) == [small, empty, large]
        part = blobs.read_range(connection, owner, whole, 1_000_000, 2_000_000)
        assert part == large[1_000_000:3_000_000]
        assert blobs.read(connection, ids.new(), {str(files[0].id): 99}) == {}  # is not theirs


def test_one_that_is_there_already_takes_the_others_with_it(
    settings: Settings, engine: sa.Engine, write: Write
) -> None:
    owner = ids.new()
    twice = Blob(ids.new(), owner, b"x")

    with pytest.raises(sa.exc.IntegrityError):
        write(settings, [Blob(ids.new(), owner, b"y"), twice, twice])

    with engine.connect() as connection:
        assert connection.execute(READ, {"owner": owner}).all() == []


def test_a_server_that_gives_no_answer_is_one_that_is_away(
    far: Settings, line: Proxy, write: Write
) -> None:
    def rows() -> Iterator[Blob]:
        yield file()
        line.trouble(half_open=True)
        yield file()

    with pytest.raises(sa.exc.OperationalError):
        write(far, rows())


def test_a_server_that_hangs_up_is_one_that_is_away(
    far: Settings, line: Proxy, write: Write
) -> None:
    def rows() -> Iterator[Blob]:
        yield file()
        line.reset()
        yield file()

    with pytest.raises(sa.exc.OperationalError):
        write(far, rows())


def test_bytes_that_are_slow_to_come_have_their_time(
    settings: Settings, engine: sa.Engine, write: Write
) -> None:
    """Also more of it than a statement has."""

    def rows() -> Iterator[Blob]:
        yield file()
        with engine.connect() as connection:
            connection.execute(sa.text("SELECT pg_sleep(0.6)"))
        yield file()

    write(settings, rows())


def test_who_is_cancelled_meanwhile_is_cancelled(settings: Settings) -> None:
    async def run() -> None:
        def rows() -> Iterator[Blob]:
            yield file()
            writing.cancel()
            yield file()

        writing = asyncio.create_task(task(settings, rows()))
        await asyncio.wait([writing], timeout=5)
        assert writing.cancelled()

    asyncio.run(run())
