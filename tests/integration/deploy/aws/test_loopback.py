"""Mail that is sent to domains of ours, and comes in."""

from email import message_from_bytes

import httpx
import pytest

from tests.integration.deploy.aws.conftest import RAW, Double, running

OURS = "b@postroom.test"
VIRUS = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def test_nothing_comes_in_until_a_domain_is_named(aws: Double) -> None:
    aws.send(OURS)

    assert len(aws.events(2)) == 2
    assert aws.waiting(aws.inbound_url) == 0
    assert aws.get("/loopback") == {"domains": [], "region": "us-east-1"}


def test_a_mail_to_our_domain_comes_in_with_the_id_that_ses_gave_it(aws: Double) -> None:
    aws.post("/loopback", domains=["Postroom.test"])

    sent = aws.send(OURS, "c@POSTROOM.test", "d@example.com")

    (notification,) = aws.received(1)
    assert notification["receipt"]["recipients"] == [OURS, "c@POSTROOM.test"]
    assert notification["mail"]["source"] == f"{sent}@amazonses.com"
    assert notification["mail"]["messageId"] != sent
    found = message_from_bytes(aws.stored(notification["receipt"]["action"]["objectKey"]))
    assert found["Message-ID"] == f"<{sent}@email.amazonses.com>"
    assert found["Return-Path"] == f"<{sent}@amazonses.com>"
    assert found["From"] == "Ada <ada@example.com>"
    assert found.get_payload() == "Hi"
    verdicts = [one for name, one in notification["receipt"].items() if name.endswith("Verdict")]
    assert verdicts == [{"status": "PASS"}] * 5


def test_the_senders_feedback_is_as_it_was(aws: Double) -> None:
    aws.post("/loopback", domains=["postroom.test"])

    aws.send(OURS)

    assert [event["eventType"] for event in aws.events(2)] == ["Send", "Delivery"]


def test_a_mail_without_a_configuration_set_comes_in_too(aws: Double) -> None:
    aws.post("/loopback", domains=["postroom.test"])

    aws.ses.send_email(Destination={"ToAddresses": [OURS]}, Content={"Raw": {"Data": RAW}})

    assert aws.received(1)[0]["receipt"]["recipients"] == [OURS]


def test_the_region_decides_the_form_of_the_id(aws: Double) -> None:
    aws.post("/loopback", domains=["postroom.test"], region="eu-west-1")

    sent = aws.send(OURS)

    common = aws.received(1)[0]["mail"]["commonHeaders"]
    assert common["messageId"] == f"<{sent}@eu-west-1.amazonses.com>"


def test_what_nobody_gets_does_not_come_in(aws: Double) -> None:
    aws.post("/loopback", domains=["postroom.test", "simulator.amazonses.com"])
    aws.ses.put_suppressed_destination(EmailAddress="gone@postroom.test", Reason="BOUNCE")

    aws.send("gone@postroom.test")
    aws.send(OURS, Content={"Raw": {"Data": RAW + VIRUS}})
    aws.send("bounce@simulator.amazonses.com")
    aws.send("last@postroom.test")

    aws.ses.delete_suppressed_destination(EmailAddress="gone@postroom.test")
    assert aws.received(1)[0]["receipt"]["recipients"] == ["last@postroom.test"]
    assert aws.waiting(aws.inbound_url) == 0


@pytest.mark.parametrize("fault", ["refused", "error500"])
def test_what_ses_did_not_take_does_not_come_in(aws: Double, fault: str) -> None:
    aws.post("/loopback", domains=["postroom.test"])
    aws.post("/faults", **{fault: 1})
    with pytest.raises(aws.ses.exceptions.ClientError):
        aws.send(OURS)
    aws.post("/faults")

    aws.send("last@postroom.test")

    assert aws.received(1)[0]["receipt"]["recipients"] == ["last@postroom.test"]
    assert aws.waiting(aws.inbound_url) == 0


def test_what_ses_took_comes_in_also_where_the_caller_was_not_told(aws: Double) -> None:
    aws.post("/loopback", domains=["postroom.test"])
    aws.post("/faults", accepted500=1)

    with pytest.raises(aws.ses.exceptions.ClientError):
        aws.send(OURS)

    assert len(aws.received(1)) == 1


@pytest.mark.parametrize("body", [{"domains": ["a b"]}, {"domain": ["a.test"]}, {"region": "moon"}])
def test_a_domain_that_is_none_is_refused_with_a_sentence(
    aws: Double, body: dict[str, object]
) -> None:
    with pytest.raises(httpx.HTTPStatusError) as refused:
        aws.post("/loopback", **body)

    assert refused.value.response.status_code == 400
    assert refused.value.response.json()["error"].endswith(".")


def test_a_domain_may_be_named_at_the_start() -> None:
    with running("--loopback", "postroom.test", "--loopback", "two.test") as double:
        double.send(OURS, "a@two.test")

        (notification,) = double.received(1)
        assert notification["receipt"]["recipients"] == [OURS, "a@two.test"]
