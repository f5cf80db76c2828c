"""The way from the queue: nothing is deleted before its commit, and nobody waits for another."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from common.letterbox import Letter, Letterbox
from services.inbound import feed as feeding
from services.inbound.feed import Feed
from services.inbound.receipt import Receipt, read
from tests.integration.inbound.post import Post, notification
from tests.waiting import eventually

PLACES = 2


@contextmanager
def running(post: Post, take: Callable[[Receipt], None]) -> Iterator[None]:
    letterbox = Letterbox(post.caller, post.url, read, poll_seconds=1, calls=1)
    stopping = threading.Event()
    feed = Feed(letterbox, take, PLACES)
    thread = threading.Thread(target=feed.run, args=(stopping,))
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def hide(post: Post, seconds: int) -> None:
    post.sqs.set_queue_attributes(QueueUrl=post.url, Attributes={"VisibilityTimeout": str(seconds)})


def test_a_letter_is_deleted_when_its_mail_is_committed(post: Post) -> None:
    hide(post, 30)
    committed = threading.Event()
    taken: list[str] = []

    def take(receipt: Receipt) -> None:
        taken.append(receipt.message_id)
        assert committed.wait(10)

    post.put(notification("one", "a@x"))
    with running(post, take):
        eventually(lambda: taken == ["one"])
        assert post.left() == 1
        committed.set()
        eventually(lambda: post.left() == 0)


def test_a_mail_that_takes_long_holds_one_place_and_no_other_mail(post: Post) -> None:
    hide(post, 30)
    over = threading.Event()
    taken: list[str] = []

    def take(receipt: Receipt) -> None:
        if receipt.message_id == "bomb":
            over.wait(30)
        taken.append(receipt.message_id)

    post.put(notification("bomb", "a@x"))
    with running(post, take):
        for number in range(25):
            post.put(notification(f"good-{number}", "a@x"))
        eventually(lambda: len(taken) == 25)
        over.set()
        eventually(lambda: post.left() == 0)

    assert taken[-1] == "bomb"


def test_while_the_database_is_away_a_letter_is_received_once(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "_PAUSE_SECONDS", 0.01)
    hide(post, 30)
    tries: list[str] = []

    def take(receipt: Receipt) -> None:
        tries.append(receipt.message_id)
        if len(tries) < 5:
            raise ConnectionError

    post.put(notification("one", "a@x"))
    with running(post, take):
        eventually(lambda: post.left() == 0)

    assert tries == ["one"] * 5


def test_what_cannot_be_read_stays_until_sqs_puts_it_aside(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeding, "MOST_RECEIVES", 3)
    hide(post, 1)
    taken: list[str] = []

    def take(receipt: Receipt) -> None:
        taken.append(receipt.message_id)
        if receipt.message_id == "poison":
            raise TypeError

    post.put("no JSON")
    post.put(notification("poison", "a@x"))
    post.put("Successfully validated SNS topic for Amazon SES event publishing.")
    post.put(notification("good", "a@x"))
    with running(post, take):
        eventually(lambda: post.left() == 0)

    assert (taken.count("good"), taken.count("poison")) == (1, 3)


def test_a_letter_that_fails_in_our_own_hands_comes_again_and_the_reason_is_told(
    post: Post, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hide(post, 1)
    delete, failures = Letterbox.delete, iter([True])
    taken: list[str] = []

    def fail_once(self: Letterbox[Receipt], letters: list[Letter[Receipt]]) -> None:
        if next(failures, False):
            raise RuntimeError
        delete(self, letters)

    monkeypatch.setattr(Letterbox, "delete", fail_once)
    post.put(notification("one", "a@x"))
    with running(post, lambda receipt: taken.append(receipt.message_id)):
        eventually(lambda: post.left() == 0)

    assert taken == ["one", "one"]
    assert "mail.letter_failed" in capsys.readouterr().out


def test_stopped_it_finishes_what_it_began_and_gives_back_the_rest(post: Post) -> None:
    hide(post, 3600)
    begun = threading.Semaphore(0)
    over = threading.Event()
    done: list[str] = []

    def take(receipt: Receipt) -> None:
        begun.release()
        over.wait(10)
        done.append(receipt.message_id)

    for number in range(6):
        post.put(notification(f"mail-{number}", "a@x"))
    with running(post, take):
        for _ in range(PLACES):
            assert begun.acquire(timeout=10)
        threading.Timer(0.2, over.set).start()

    assert len(done) == PLACES
    answer = post.sqs.receive_message(QueueUrl=post.url, MaxNumberOfMessages=10)
    assert len(answer["Messages"]) == 6 - PLACES
