from pathlib import Path

import pytest

from deploy.local import uv
from deploy.local.checkout import Checkout


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_a_shim_that_fails_is_no_uv(tmp_path: Path) -> None:
    shim = program(tmp_path / "uv", "echo 'pyenv: uv: command not found' >&2; exit 127")

    assert uv.version(shim) is None


def test_the_version_is_read(tmp_path: Path) -> None:
    newer = program(tmp_path / "uv", "echo 'uv 1.20.3 (x86_64-unknown-linux-gnu)'")

    assert uv.version(newer) == (1, 20)


def test_a_program_that_is_not_there_has_no_version(tmp_path: Path) -> None:
    assert uv.version(tmp_path / "uv") is None


def test_a_uv_too_old_for_the_lock_file_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "path" / "uv", "echo 'uv 0.4.1'")
    own = program(tmp_path / ".uv" / "bin" / "uv", "echo 'uv 0.13.9'")
    monkeypatch.setenv("PATH", str(tmp_path / "path"))

    assert uv.find(Checkout(tmp_path)) == own


def test_uv_is_given_the_interpreter_itself_and_may_not_fetch_one(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    checkout.python.parent.mkdir(parents=True)
    checkout.python.symlink_to("/bin/sh")

    env = uv.environment(checkout, {"HOME": str(tmp_path), "VIRTUAL_ENV": "/elsewhere"})

    assert env["UV_PYTHON"] == str(Path("/bin/sh").resolve())
    assert env["UV_PYTHON_DOWNLOADS"] == "never"
    assert "VIRTUAL_ENV" not in env


@pytest.mark.parametrize("inherited", [{}, {"HOME": "/nonexistent"}])
def test_without_a_home_the_cache_is_in_the_checkout(
    tmp_path: Path, inherited: dict[str, str]
) -> None:
    env = uv.environment(Checkout(tmp_path), inherited)

    assert env["UV_CACHE_DIR"] == str(tmp_path / ".uv" / "cache")
