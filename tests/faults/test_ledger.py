"""Every count of the ledger can be more than zero: journals that are true but for one lie."""

from dataclasses import replace

import pytest

from tests.faults import ledger
from tests.faults.evidence import Accept, Answer, Delivery, Evidence, Post, Stored, Told
from tests.faults.ledger import Ledger
from tests.faults.report import Report, at_least, at_most, equal

JO, KIM = "jo@example.com", "kim@example.com"
ANSWER = Answer("key-1", "msg_1", at=10.0)
SENT = Told("Send", (JO, KIM))
ACCEPT = Accept("ses-1", "msg_1", 10.5, 2, (SENT, Told("Delivery", (JO,)), Told("Bounce", (KIM,))))
STORED = Stored("msg_1", "done", {JO: "delivered", KIM: "bounced"}, "ses-1")
DELIVERY = Delivery("evt_1", "wh_1", "delivered")
TRUE = Evidence(
    answers=(ANSWER,),
    accepts=(ACCEPT,),
    posts=(Post("msg_1", "1", 10.4),),
    stored=(STORED,),
    deliveries=(DELIVERY,),
    heard=frozenset({("evt_1", "wh_1")}),
)
CLEAN = Ledger((), (), (), (), (), ())
HELD = replace(STORED, send_state="held", recipients={JO: "held"}, external_id=None)


def of(**changes: object) -> Ledger:
    return ledger.balance(replace(TRUE, **changes))  # type: ignore[arg-type]


def test_the_truth_is_clean() -> None:
    assert ledger.balance(TRUE) == CLEAN
    assert CLEAN.is_clean()


@pytest.mark.parametrize(
    "row",
    [
        HELD,
        replace(STORED, send_state="queued", recipients={JO: "queued"}, external_id=None),
        replace(STORED, recipients={JO: "queued"}, external_id=None),
    ],
    ids=["held without a word", "never sent", "done, says the row, and was never with SES"],
)
def test_lost(row: Stored) -> None:
    assert of(stored=(row,), accepts=()).lost == ("msg_1",)


def test_lost_is_a_2xx_without_a_row() -> None:
    assert of(stored=(), accepts=()) == replace(CLEAN, lost=("msg_1",))


@pytest.mark.parametrize(
    "row",
    [replace(HELD, explained=True), replace(STORED, recipients={JO: "rejected"}, external_id=None)],
    ids=["held, and it was told", "rejected"],
)
def test_what_was_told_not_to_be_sent_is_not_lost(row: Stored) -> None:
    assert of(stored=(row,), accepts=()) == CLEAN


def test_double() -> None:
    again = replace(ACCEPT, external_id="ses-2")

    assert of(accepts=(ACCEPT, again)) == replace(CLEAN, double=("msg_1",))


def test_phantom() -> None:
    assert of(answers=()) == replace(CLEAN, phantom=("msg_1",))


@pytest.mark.parametrize("state", ["queued", "sending", "unknown"])
def test_stuck(state: str) -> None:
    row = replace(STORED, send_state=state)

    assert of(stored=(row,), answers=(), accepts=()).stuck == ("msg_1",)


@pytest.mark.parametrize(
    "row",
    [
        replace(STORED, recipients={JO: "delivered", KIM: "delivered"}),
        replace(STORED, recipients={JO: "sent", KIM: "bounced"}),
        replace(STORED, external_id="ses-2"),
        replace(STORED, external_id=None),
    ],
    ids=["too low", "behind", "another's id", "no id"],
)
def test_wrong(row: Stored) -> None:
    found = of(stored=(row,))

    assert len(found.wrong) == 1
    assert replace(found, wrong=()) == CLEAN


@pytest.mark.parametrize("status", ["delivered", "bounced", "complained"])
def test_wrong_is_what_nobody_has_told(status: str) -> None:
    untold = replace(ACCEPT, told=())
    row = replace(STORED, recipients={JO: status, KIM: "sent"})

    assert len(of(stored=(row,), accepts=(untold,)).wrong) == 1


@pytest.mark.parametrize("state", ["pending", "missing"])
def test_a_delivery_that_is_not_made_is_lost(state: str) -> None:
    assert len(of(deliveries=(replace(DELIVERY, state=state),)).webhook_lost) == 1


def test_a_delivery_that_is_said_to_be_made_and_was_not_heard_is_lost() -> None:
    assert len(of(heard=frozenset()).webhook_lost) == 1


@pytest.mark.parametrize("state", ["exhausted", "cancelled"])
def test_a_delivery_that_was_given_up_is_not_lost(state: str) -> None:
    assert of(deliveries=(replace(DELIVERY, state=state),), heard=frozenset()) == CLEAN


def test_an_attempt_that_was_two_calls_is_seen() -> None:
    first, second = Post("msg_1", "1", 10.0, "InternalServiceErrorException"), TRUE.posts[0]

    assert ledger.repeated_posts((first, second, Post("msg_1", "2", 11.0))) == [("msg_1", "1")]


def test_the_fullest_window_is_found_wherever_it_begins() -> None:
    times = (0.0, 1.9, 2.1, 3.8, 9.0)
    accepts = [Accept(f"ses-{at}", "msg_1", at, recipients=3) for at in times]

    assert ledger.most_in_a_window(accepts) == 9
    assert ledger.most_in_a_window([]) == 0


def test_a_key_with_two_messages_or_two_answers_is_seen() -> None:
    second = replace(ANSWER, message_id="msg_2")
    differs = Answer("key-2", "msg_3", at=10.0, alike=False)

    assert ledger.unlike((ANSWER, second, differs)) == ["key-1", "key-2"]
    assert ledger.unlike((ANSWER,)) == []


def test_recovery_is_from_the_answer_to_the_first_accept() -> None:
    late = replace(ACCEPT, at=13.0)

    assert ledger.recoveries(replace(TRUE, accepts=(late, ACCEPT))) == [0.5]
    assert ledger.percentile([1.0, 2.0, 3.0], 0.5) == 2.0
    assert ledger.percentile([1.0, 2.0, 3.0], 0.99) == 3.0


def test_a_report_names_what_was_broken() -> None:
    report = Report("kill", 7, replace(TRUE, answers=()), (at_most("seconds", 3, 2),))

    assert report.broken() == ["PHANTOM: msg_1", "seconds=3<=2 (!)"]
    assert "kill" in report.line()
    assert Report("kill", 7, TRUE, (at_least("fenced", 1, 1), equal("a", 1, 1))).broken() == []
