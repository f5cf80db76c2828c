"""Events of accepted mail, as they arrive in the queue."""

import json
from typing import Any

import pytest

from tests.integration.deploy.aws.conftest import Double


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("success", ["Send", "Delivery"]),
        ("ooto+1", ["Send", "Delivery"]),
        ("bounce", ["Send", "Bounce"]),
        ("suppressionlist", ["Send", "Bounce"]),
        ("Complaint+x", ["Send", "Delivery", "Complaint"]),
    ],
)
def test_simulator_addresses_behave_as_on_aws(aws: Double, name: str, kinds: list[str]) -> None:
    message_id = aws.send(f"{name}@simulator.amazonses.com")

    events = aws.events(len(kinds))

    assert [event["eventType"] for event in events] == kinds
    assert {event["mail"]["messageId"] for event in events} == {message_id}
    assert aws.waiting() == 0


def test_tags_come_back_in_every_event(aws: Double) -> None:
    tags = [{"Name": "mid", "Value": "msg_1"}, {"Name": "att", "Value": "3"}]
    aws.send("complaint@simulator.amazonses.com", EmailTags=tags)

    for event in aws.events(3):
        assert event["mail"]["tags"]["mid"] == ["msg_1"]
        assert event["mail"]["tags"]["att"] == ["3"]
        assert event["mail"]["tags"]["ses:configuration-set"] == ["postroom"]


def test_without_a_configuration_set_there_are_no_events(aws: Double) -> None:
    request: dict[str, Any] = {"Content": {"Raw": {"Data": b"From: a@example.com\r\n\r\n"}}}
    aws.ses.send_email(Destination={"ToAddresses": ["b@example.com"]}, **request)

    assert aws.waiting() == 0


def test_a_suppressed_address_bounces_until_it_is_taken_off_the_list(aws: Double) -> None:
    address = "Gone@example.com"
    aws.ses.put_suppressed_destination(EmailAddress=address, Reason="BOUNCE")
    listed = aws.ses.get_suppressed_destination(EmailAddress=address)["SuppressedDestination"]
    summaries = aws.ses.list_suppressed_destinations()["SuppressedDestinationSummaries"]
    assert listed["Reason"] == "BOUNCE"
    assert listed["LastUpdateTime"].tzinfo is not None
    assert address in [summary["EmailAddress"] for summary in summaries]

    aws.send("gone@example.com")
    aws.ses.delete_suppressed_destination(EmailAddress=address)
    aws.send("gone@example.com")

    _, bounce, _, delivery = aws.events(4)
    assert bounce["bounce"]["bounceSubType"] == "OnAccountSuppressionList"
    assert delivery["eventType"] == "Delivery"
    with pytest.raises(aws.ses.exceptions.NotFoundException):
        aws.ses.get_suppressed_destination(EmailAddress=address)


def test_duplicates_come_as_sqs_and_as_ses_repeat_them(aws: Double) -> None:
    aws.post("/faults", feedbackDuplicates=2)
    aws.send("b@example.com")

    notifications = aws.notifications(6)

    assert len({outer["MessageId"] for outer in notifications}) == 4
    assert len({outer["Message"] for outer in notifications}) == 2


def test_delayed_and_shuffled_feedback_comes_all_the_same(aws: Double) -> None:
    aws.post("/faults", feedbackDelayMs=200, feedbackShuffle=True, seed=1)
    sent = [aws.send("b@example.com") for _ in range(10)]

    events = aws.events(20)

    kinds = [(event["mail"]["messageId"], event["eventType"]) for event in events]
    assert sorted(kinds) == sorted((m, kind) for m in sent for kind in ("Send", "Delivery"))


def test_a_new_configuration_set_tells_only_what_its_destination_asks_for(aws: Double) -> None:
    topic = "arn:aws:sns:us-east-1:123456789012:postroom-feedback"
    aws.ses.create_configuration_set(ConfigurationSetName="mine")
    aws.ses.create_configuration_set_event_destination(
        ConfigurationSetName="mine",
        EventDestinationName="bounces",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["BOUNCE"],
            "SnsDestination": {"TopicArn": topic},
        },
    )

    aws.send("bounce@simulator.amazonses.com", ConfigurationSetName="mine")

    [outer] = aws.notifications(1)
    destinations = aws.ses.get_configuration_set_event_destinations(ConfigurationSetName="mine")
    aws.ses.delete_configuration_set(ConfigurationSetName="mine")
    assert outer["TopicArn"] == topic
    assert json.loads(outer["Message"])["eventType"] == "Bounce"
    assert aws.waiting() == 0
    assert [found["Name"] for found in destinations["EventDestinations"]] == ["bounces"]
