import os
import shutil
import tempfile
from pathlib import Path

import pytest

from deploy.local import locks, places
from deploy.local.errors import CannotStartError
from deploy.local.state import ROOT


@pytest.fixture
def state() -> Path:
    """The checkout's own: a new one would leave its binaries behind."""
    return ROOT / ".postroom"


def test_temporary_data_is_gone_afterwards(state: Path) -> None:
    with places.temporary(state) as place:
        (place.folder("postgres-18") / "file").touch()

    assert not place.data.exists()


def test_what_a_killed_run_left_is_removed_and_what_a_living_one_has_is_not(state: Path) -> None:
    with places.temporary(state) as living:
        left = Path(tempfile.mkdtemp(prefix="postroom-test-", dir=living.data.parent))
        (left / "lock").touch()

        with places.temporary(state):
            assert not left.exists()
            assert living.data.exists()


def test_nobody_but_the_servers_user_may_enter(state: Path) -> None:
    with places.temporary(state) as place:
        folder = place.folder("postgres-18")

        assert place.data.stat().st_mode & 0o777 == 0o700
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder.stat().st_uid == (place.account.uid if place.account else os.geteuid())


def test_the_servers_never_run_as_root(state: Path) -> None:
    with places.temporary(state) as place:
        uid = place.account.uid if place.account else os.geteuid()

    assert uid != 0


def test_the_next_start_finds_the_same_data(tmp_path: Path) -> None:
    first = places.durable(tmp_path / "state")
    (first.folder("postgres-18") / "file").touch()

    second = places.durable(tmp_path / "state")

    assert (second.data / "postgres-18" / "file").exists()
    shutil.rmtree(second.data)


def test_who_removes_the_state_folder_begins_with_no_data(tmp_path: Path) -> None:
    first = places.durable(tmp_path / "state")
    (first.folder("postgres-18") / "file").touch()
    shutil.rmtree(tmp_path / "state")

    second = places.durable(tmp_path / "state")

    assert not (second.data / "postgres-18").exists()
    shutil.rmtree(second.data)


if os.geteuid() == 0:  # another's data lies in the state folder itself, and is gone with it

    def test_data_that_is_still_in_use_is_not_removed(tmp_path: Path) -> None:
        place = places.durable(tmp_path / "state")
        with locks.alone(place.folder("postgres-18") / "lock"):
            shutil.rmtree(tmp_path / "state")

            with pytest.raises(CannotStartError, match="still use"):
                places.durable(tmp_path / "state")

        shutil.rmtree(place.data)
