"""Children: a mail that is too much ends its own child, and nobody else notices."""

import os
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from services.inbound.parsing import children as module
from services.inbound.parsing.children import Children, ParserError
from tests import odd_mail, processes
from tests.unit.inbound.parsing import bombs
from tests.waiting import eventually

MAIL = odd_mail.own("reply-gmail")
linux_only = pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="asks /proc")


def pids() -> set[int]:
    return processes.descendants(os.getpid()) - {0}


def only_child(children: Children) -> int:
    """Of those with one; it is free."""
    place = children._free.get_nowait()
    children._free.put(place)
    return place.worker.process.pid


def ended(reason: str) -> float:
    return (
        REGISTRY.get_sample_value("postroom_parser_children_ended_total", {"reason": reason}) or 0
    )


def test_a_mail_that_takes_too_long_is_an_error_and_its_child_is_replaced() -> None:
    before = ended("timeout")
    with Children(count=1, seconds=3) as children:
        children.parse(MAIL)
        slow = only_child(children)
        os.kill(slow, signal.SIGSTOP)
        mail = children.parse(MAIL)

        assert mail.error == "Reading the mail took too long."
        assert (mail.subject, mail.message_id) == ("Re: hello", "<reply-gmail@example.com>")
        assert mail.text is None
        assert children.parse(MAIL).error is None
        assert only_child(children) != slow
        assert not processes.alive({slow})
    assert ended("timeout") == before + 1


def test_a_mail_that_takes_too_much_memory_is_an_error() -> None:
    before = ended("memory")
    with Children(count=1, seconds=100, memory_bytes=80 << 20) as children:
        mail = children.parse(bombs.base64_file(28 << 20))

        assert mail.error == "Reading the mail took too much memory."
        assert mail.from_ is not None
        assert children.parse(MAIL).error is None
    assert ended("memory") == before + 1


def test_a_child_that_was_found_dead_does_not_harm_the_next_mail() -> None:
    before = ended("crashed")
    with Children(count=1) as children:
        children.parse(MAIL)
        dead = only_child(children)
        os.kill(dead, signal.SIGKILL)
        eventually(lambda: not processes.alive({dead}))

        assert children.parse(MAIL).error is None
    assert ended("crashed") == before + 1


def test_a_mail_whose_child_is_killed_by_somebody_else_is_tried_once_more() -> None:
    with Children(count=1) as children, ThreadPoolExecutor(1) as pool:
        children.parse(MAIL)
        child = only_child(children)
        os.kill(child, signal.SIGSTOP)
        mail = pool.submit(children.parse, MAIL)
        eventually(children._free.empty)
        os.kill(child, signal.SIGKILL)

        assert mail.result().error is None


def test_a_child_is_replaced_after_so_many_mails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_MAILS", 3)
    before = ended("recycled")
    with Children(count=1) as children:
        seen = set()
        for _ in range(7):
            assert children.parse(MAIL).error is None
            seen.add(only_child(children))
    assert len(seen) == 3
    assert ended("recycled") == before + 2


def test_no_child_is_no_verdict_about_a_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with Children(count=1) as children, pytest.raises(ParserError):
        children.parse(MAIL)


def test_each_thread_gets_its_own_mail() -> None:
    mails = [f"Subject: {n}\n\nbody {n}\n".encode() for n in range(200)]
    with Children(count=3) as children, ThreadPoolExecutor(8) as pool:
        found = [(mail.subject, mail.text) for mail in pool.map(children.parse, mails)]

    assert found == [(str(n), f"body {n}\n") for n in range(200)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_to_everybody_are_the_parents_affair(number: signal.Signals) -> None:
    with Children(count=1) as children:
        children.parse(MAIL)
        child = only_child(children)
        os.kill(child, number)

        assert children.parse(MAIL).error is None
        assert only_child(children) == child
        assert os.getpgid(child) != os.getpgid(0)


def test_none_is_left_at_the_end() -> None:
    others = pids()
    with Children(count=2) as children:
        children.parse(MAIL)
        running = pids() - others
        assert len(running) >= 2
    eventually(lambda: not processes.alive(running & pids()))


PARENT = """
import sys, time
from services.inbound.parsing.children import Children
with Children(count=2) as children:
    children.parse(b"")
    print("ready", flush=True)
    sys.stdin.read()
"""


def test_children_end_with_a_parent_that_was_killed() -> None:
    parent = subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert parent.stdin
    assert parent.stdout
    with parent.stdin, parent.stdout:
        parent.stdout.readline()
        below = processes.descendants(parent.pid)
        parent.kill()
        parent.wait()

    assert len(below) == 2
    eventually(lambda: not processes.alive(below))


@linux_only
def test_secrets_of_the_service_are_not_in_the_childs_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("DATABASE_URL", "AWS_SECRET_ACCESS_KEY", "POSTROOM_SECRET_KEYS"):
        monkeypatch.setenv(name, "very-secret")
    with Children(count=1) as children:
        children.parse(MAIL)
        environment = Path(f"/proc/{only_child(children)}/environ").read_bytes()

    assert b"very-secret" not in environment
    assert {entry.partition(b"=")[0] for entry in environment.split(b"\0")} <= {
        b"", b"PATH", b"TZ", b"LD_LIBRARY_PATH"
    }  # fmt: skip


@linux_only
def test_a_child_is_confined() -> None:
    with Children(count=1, memory_bytes=1 << 30) as children:
        children.parse(MAIL)
        text = Path(f"/proc/{only_child(children)}/limits").read_text("ascii")
    limits = dict(re.findall(r"(?m)^(Max .+?)  +(\S+ +\S+)", text))

    assert limits["Max address space"].split() == [str(1 << 30)] * 2
    assert limits["Max core file size"].split() == ["0", "0"]
    assert limits["Max file size"].split() == ["0", "0"]
    assert limits["Max open files"].split() == ["32", "32"]
