"""What SES refuses, for good or for now."""

from collections.abc import Iterator

import pytest

from tests.e2e.customer import SIMULATOR, SUCCESS, Customer, Json, customer
from tests.e2e.endpoint import Endpoint
from tests.e2e.local import Local
from tests.e2e.ses import faults, mails
from tests.waiting import eventually


@pytest.fixture
def acme(local: Local) -> Iterator[Customer]:
    with customer(local) as acme:
        yield acme


@pytest.fixture
def inbox(acme: Customer) -> Json:
    return acme.inbox(name="Support")


@pytest.fixture
def endpoint(acme: Customer) -> Iterator[Endpoint]:
    """It hears of all that happens from now on."""
    with acme.told() as endpoint:
        yield endpoint


def test_a_refusal_of_ses_ends_the_message_and_is_told_in_its_words(
    local: Local, acme: Customer, inbox: Json, endpoint: Endpoint
) -> None:
    with faults(local.aws_url, refused=1):
        sent = acme.send(inbox, to=[SUCCESS, f"success+b@{SIMULATOR}"])
        ended = acme.ended(sent, "rejected")

    assert "Email was rejected, as a fault asked for." in ended["statusReason"]["message"]
    assert ended["statusReason"]["type"] == "MessageRejected"
    assert {one["status"] for one in ended["recipients"]} == {"rejected"}
    assert "externalMessageId" not in ended
    eventually(lambda: endpoint.kinds(sent["id"]) == {"message.rejected"})
    assert mails(local.aws_url, sent["id"]) == []


def test_a_mail_that_ses_rejects_after_it_took_it_is_rejected(
    acme: Customer, inbox: Json, endpoint: Endpoint
) -> None:
    """The test file of virus scanners (eicar.org), which SES's scanner knows too."""
    virus = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-" + "ANTIVIRUS-TEST-FILE!$H+H*"
    sent = acme.send(inbox, text=virus)
    ended = acme.ended(sent, "rejected")

    assert ended["statusReason"]["diagnostic"] == "Bad content"
    eventually(lambda: endpoint.kinds(sent["id"]) == {"message.sent", "message.rejected"})


THROTTLING_SEED = 15
"""Of the first six calls three are throttled, of the next four none."""


def test_throttled_by_half_everything_is_sent_once(
    local: Local, acme: Customer, inbox: Json
) -> None:
    with faults(local.aws_url, throttled=0.5, seed=THROTTLING_SEED):
        sent = [acme.send(inbox, subject=f"Number {number}") for number in range(6)]
        ended = [acme.ended(one, "delivered") for one in sent]

    found = [mails(local.aws_url, one["id"]) for one in sent]
    assert [len(one) for one in found] == [1] * 6
    assert [one[0].id for one in found] == [one["externalMessageId"] for one in ended]
