from pathlib import Path

import pytest

from deploy.local.checkout import Checkout, is_ready, wanted_stamp


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """One that was made ready."""
    checkout = Checkout(tmp_path)
    (tmp_path / "uv.lock").write_text("version = 1\n")
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    checkout.python.parent.mkdir(parents=True)
    checkout.python.touch()
    (checkout.venv / "pyvenv.cfg").write_text("version = 3.11.7\n")
    checkout.stamp.write_text(wanted_stamp(checkout))
    return checkout


def test_what_was_installed_and_has_not_changed_is_ready(checkout: Checkout) -> None:
    assert is_ready(checkout)


@pytest.mark.parametrize("name", ["uv.lock", "pyproject.toml", ".venv/pyvenv.cfg"])
def test_a_change_of_what_decides_the_installation_asks_for_a_new_one(
    checkout: Checkout, name: str
) -> None:
    (checkout.root / name).write_text("something else\n")

    assert not is_ready(checkout)


def test_a_moved_checkout_is_installed_anew(checkout: Checkout) -> None:
    moved = Checkout(checkout.root.rename(checkout.root.with_name("moved")))

    assert not is_ready(moved)


def test_a_python_that_is_gone_is_replaced(checkout: Checkout) -> None:
    checkout.python.unlink()
    checkout.python.symlink_to("/nowhere/python3")

    assert not is_ready(checkout)


def test_a_python_that_was_upgraded_in_its_place_is_noticed(checkout: Checkout) -> None:
    newer = checkout.root / "python3.12"
    newer.touch()
    checkout.python.unlink()
    checkout.python.symlink_to(newer)

    assert not is_ready(checkout)


def test_a_broken_off_installation_is_not_ready(checkout: Checkout) -> None:
    checkout.stamp.unlink()

    assert not is_ready(checkout)
