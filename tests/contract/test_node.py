"""What the JavaScript oracle runs on is what the lock files say, on every machine."""

import json
import os
import subprocess

from tests.contract.node import NODE, PROGRAMS, installed


def test_node_is_that_of_the_wheel_even_where_none_is_on_the_path() -> None:
    argv = [str(NODE), "--version"]
    version = subprocess.check_output(argv, env={"PATH": os.devnull}, text=True)  # noqa: S603

    assert version.startswith("v24.")


def test_the_lock_file_has_a_checksum_for_every_package_and_no_address() -> None:
    locked = json.loads((PROGRAMS / "package-lock.json").read_text())["packages"]

    assert locked.pop("")["dependencies"] == {"standardwebhooks": "1.1.1"}
    assert all("integrity" in one and "resolved" not in one for one in locked.values())


def test_what_is_installed_is_what_is_locked() -> None:
    locked = json.loads((PROGRAMS / "package-lock.json").read_text())["packages"]
    found = json.loads((installed() / "node_modules" / ".package-lock.json").read_text())

    versions = {name: one["version"] for name, one in found["packages"].items()}
    assert versions == {name: one["version"] for name, one in locked.items() if name}


def test_it_is_not_installed_again_while_the_lock_file_is_the_same() -> None:
    before = (installed() / "node_modules").stat().st_ctime_ns

    assert (installed() / "node_modules").stat().st_ctime_ns == before
