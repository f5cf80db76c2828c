"""Who runs on this machine, as `ps` sees it."""

import subprocess


def descendants(pid: int) -> set[int]:
    """All processes below one, not that one itself."""
    children: dict[int, list[int]] = {}
    for child, parent, _ in _all():
        children.setdefault(parent, []).append(child)
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found.update(below)
        waiting += below
    return found


def alive(pids: set[int]) -> set[int]:
    """Those of them that still run. One that only waits for its parent to notice has ended."""
    return {pid for pid, _, state in _all() if pid in pids and not state.startswith("Z")}


def _all() -> list[tuple[int, int, str]]:
    argv = ["ps", "-A", "-o", "pid=,ppid=,stat="]
    lines = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.splitlines()  # noqa: S603
    rows = [line.split() for line in lines]
    return [(int(pid), int(parent), state) for pid, parent, state in rows]
