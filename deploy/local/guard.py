"""Becomes a program that does not outlive the process that started it.

    python -I -S guard.py SIGNAL PARENT UID GID PROGRAM [ARGUMENT ...]     ("-" = as I am)

Why a program of its own: on Linux a process asks for a signal at its parent's death by prctl(2),
PR_SET_PDEATHSIG, and only for itself; `preexec_fn` is unsafe in a process with threads; and a
change of user clears the request again, so the user is changed here, before it. `Popen(user=...)`
would change it earlier still, and a user who may not enter root's home could not run this Python.
After `exec` nothing of this file is left: `ps` shows the program itself, under the same process id.

Beyond Linux there is no such signal: children of a supervisor that was killed by SIGKILL go on
there, and the next start says that their data is in use.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(death_signal: str, parent: str, uid: str, gid: str, *argv: str) -> None:
    # Loaded before the user changes: the new one may not be allowed to read what it needs.
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    _as_a_fresh_process()
    if uid != "-":
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
        os.umask(0o077)
    if libc is not None:
        libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != int(parent):  # it died before we had asked
            return
    os.execvp(argv[0], argv)  # noqa: S606 - becoming that program is the purpose


def _as_a_fresh_process() -> None:
    """`&` in a script ignores SIGINT and nohup SIGHUP, and both are inherited: undo that."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except OSError as failure:
        sys.exit(f"cannot run {sys.argv[5]}: {failure}")
