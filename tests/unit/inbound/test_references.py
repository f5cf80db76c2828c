"""The ids that a mail names, in the order in which they are asked for."""

from common import ids
from services.inbound.references import MOST, Reference, named

OURS = ids.new()
STABLE = f"<{ids.encode(ids.MESSAGE, OURS)}@shop.example>"
SES_ID = "010001a2137238cb-c037678b-536d-44f4-89ca-a596528c7b84-000000"


def test_references_come_newest_first_and_then_in_reply_to() -> None:
    found = named(["<1@x>", "<2@x>", "<3@x>"], ["<0@x>"])

    assert [one.internet_id for one in found] == ["<3@x>", "<2@x>", "<1@x>", "<0@x>"]


def test_an_id_that_is_named_twice_is_asked_for_once() -> None:
    found = named(["<1@x>", "<2@x>"], ["<2@x>"])

    assert [one.internet_id for one in found] == ["<2@x>", "<1@x>"]


def test_the_id_that_ses_gave_is_known_in_every_region() -> None:
    domains = ("email", "eu-west-1", "us-gov-west-1")

    found = named([f"<{SES_ID}@{one}.amazonses.com>" for one in domains], [])

    assert [one.external_id for one in found] == [SES_ID] * 3


def test_our_stable_id_is_a_message_of_ours_whatever_its_domain() -> None:
    assert named([STABLE], []) == [Reference(STABLE, OURS, None)]


def test_what_only_looks_like_an_id_of_ours_is_somebody_elses() -> None:
    strange = [
        f"<{ids.encode(ids.THREAD, OURS)}@shop.example>",
        f"<{ids.encode(ids.MESSAGE, OURS)}>",
        "<msg_zzzzzzzzzzzzzzzzzzzzzzzzzz@shop.example>",
        f"<{SES_ID}@amazonses.com.evil.example>",
        f"<{SES_ID}@evil.example>",
    ]

    found = named(strange, [])

    assert [(one.message_id, one.external_id) for one in found] == [(None, None)] * 5


def test_an_endless_chain_is_asked_about_by_its_newest() -> None:
    found = named([f"<{number}@x>" for number in range(1000)], [])

    assert [one.internet_id for one in found] == [f"<{999 - n}@x>" for n in range(MOST)]
