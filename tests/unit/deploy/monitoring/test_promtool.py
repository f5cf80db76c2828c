"""Where promtool comes from, on machines that have this and lack that."""

from pathlib import Path

import pytest

from deploy.monitoring import promtool
from deploy.monitoring.promtool import MissingError, find

APT = """#!/bin/sh
echo "$@" >> {log}
case "$*" in
*update*) touch {log}.lists ;;
*) test -e {log}.lists || exit 100
   touch prometheus_2.42_amd64.deb ;;
esac
"""
DPKG = """#!/bin/sh
test "$1" = --extract && test -e "$2" && mkdir -p "$3/usr/bin" && echo x > "$3/usr/bin/promtool"
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All that is on the PATH, besides a shell's own tools in another folder."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("mkdir", "touch", "test", "sh"):
        (folder / name).symlink_to(Path("/bin") / name)
    monkeypatch.setenv("PATH", str(folder))
    return folder


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "checkout").mkdir()
    return tmp_path / "checkout"


def program(path: Path, name: str, text: str = "#!/bin/sh\n") -> Path:
    (path / name).write_text(text)
    (path / name).chmod(0o755)
    return path / name


def apt(path: Path, log: Path) -> None:
    program(path, "apt-get", APT.format(log=log))
    program(path, "dpkg-deb", DPKG)


def test_the_machine_s_own_comes_first(path: Path, checkout: Path) -> None:
    own = program(path, "promtool")

    assert find(checkout / ".promtool") == own


def test_debian_s_package_is_unpacked_once_and_not_installed(
    path: Path, checkout: Path, tmp_path: Path
) -> None:
    log = tmp_path / "apt"
    (tmp_path / "apt.lists").touch()
    apt(path, log)

    found = [find(checkout / ".promtool") for _ in range(2)]

    assert {one.read_text() for one in found} == {"x\n"}
    assert [line.rpartition(" ")[2] for line in log.read_text().splitlines()] == ["prometheus"]
    assert [one.name for one in checkout.iterdir()] == [".promtool"]


def test_lists_that_do_not_know_it_are_brought_up_to_date_first(
    path: Path, checkout: Path, tmp_path: Path
) -> None:
    log = tmp_path / "apt"
    apt(path, log)

    assert find(checkout / ".promtool").exists()
    words = [line.rpartition(" ")[2] for line in log.read_text().splitlines()]
    assert words == ["prometheus", "update", "prometheus"]


@pytest.mark.parametrize("tools", [(), ("apt-get",), ("apt-get", "dpkg-deb")])
def test_where_it_cannot_be_had_it_is_said_what_to_install(
    path: Path, checkout: Path, tools: tuple[str, ...]
) -> None:
    for name in tools:
        program(path, name, "#!/bin/sh\nexit 100\n")

    with pytest.raises(MissingError, match="install Prometheus"):
        find(checkout / ".promtool")
    assert list(checkout.iterdir()) == []


def test_it_is_kept_in_the_checkout_where_git_does_not_see_it() -> None:
    ignored = (promtool.FOLDER.parent / ".gitignore").read_text().splitlines()

    assert f"{promtool.FOLDER.name}/" in ignored
