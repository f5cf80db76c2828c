"""GetAccount, quota and rate, identities and configuration sets."""

import pytest

from tests.integration.deploy.aws.conftest import Double


def test_get_account_shows_what_was_set_and_counts_recipients(aws: Double) -> None:
    aws.post("/account", max24HourSend=100, maxSendRate=14, sentLast24Hours=90)
    aws.send("a@example.com", "b@example.com")

    account = aws.ses.get_account()

    assert account["SendQuota"] == {
        "Max24HourSend": 100.0,
        "MaxSendRate": 14.0,
        "SentLast24Hours": 92.0,
    }
    assert account["SendingEnabled"] is True
    assert account["EnforcementStatus"] == "HEALTHY"


def test_an_exhausted_quota_refuses_until_it_is_raised(aws: Double) -> None:
    aws.post("/account", max24HourSend=1)
    aws.send("a@example.com")
    with pytest.raises(aws.ses.exceptions.LimitExceededException, match="Daily message quota"):
        aws.send("a@example.com")

    aws.post("/account", max24HourSend=2)

    aws.send("a@example.com")


def test_more_than_the_rate_is_throttled(aws: Double) -> None:
    aws.post("/account", maxSendRate=0.001)
    aws.send("a@example.com")

    with pytest.raises(aws.ses.exceptions.TooManyRequestsException, match="Maximum sending rate"):
        aws.send("a@example.com")


def test_a_paused_account_sends_nothing(aws: Double) -> None:
    aws.post("/account", sendingEnabled=False)

    with pytest.raises(aws.ses.exceptions.SendingPausedException):
        aws.send("a@example.com")
    assert aws.ses.get_account()["SendingEnabled"] is False


def test_an_identity_is_pending_when_created_and_verified_after(aws: Double) -> None:
    created = aws.ses.create_email_identity(EmailIdentity="shop.example.com")
    found = aws.ses.get_email_identity(EmailIdentity="shop.example.com")
    listed = aws.ses.list_email_identities()["EmailIdentities"]
    with pytest.raises(aws.ses.exceptions.AlreadyExistsException):
        aws.ses.create_email_identity(EmailIdentity="shop.example.com")
    aws.ses.delete_email_identity(EmailIdentity="shop.example.com")

    assert created["VerifiedForSendingStatus"] is False
    assert found["VerifiedForSendingStatus"] is True
    assert len(found["DkimAttributes"]["Tokens"]) == 3
    assert found["DkimAttributes"]["Tokens"] == created["DkimAttributes"]["Tokens"]
    assert "shop.example.com" in [identity["IdentityName"] for identity in listed]
    with pytest.raises(aws.ses.exceptions.NotFoundException):
        aws.ses.get_email_identity(EmailIdentity="shop.example.com")


def test_an_identity_below_unverified_stays_pending(aws: Double) -> None:
    aws.ses.create_email_identity(EmailIdentity="unverified.example.com")

    found = aws.ses.get_email_identity(EmailIdentity="unverified.example.com")

    assert found["VerifiedForSendingStatus"] is False
    assert found["DkimAttributes"]["Status"] == "PENDING"


def test_the_set_postroom_is_there_with_every_kind_of_event(aws: Double) -> None:
    found = aws.ses.get_configuration_set(ConfigurationSetName="postroom")
    [destination] = aws.ses.get_configuration_set_event_destinations(
        ConfigurationSetName="postroom"
    )["EventDestinations"]

    assert found["ConfigurationSetName"] == "postroom"
    assert {"SEND", "DELIVERY", "BOUNCE", "COMPLAINT"} <= set(destination["MatchingEventTypes"])
    with pytest.raises(aws.ses.exceptions.NotFoundException):
        aws.ses.get_configuration_set(ConfigurationSetName="no-such-set")
