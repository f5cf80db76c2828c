"""The queues through boto3, as the status worker uses them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from tests.integration.deploy.aws.conftest import Double


def test_the_queues_and_their_dead_letters_are_there_from_the_start(aws: Double) -> None:
    for name in ("postroom-feedback", "postroom-inbound"):
        url = aws.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        answer = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])

        assert url == f"{aws.url}/123456789012/{name}"
        assert answer["Attributes"]["QueueArn"] == f"arn:aws:sqs:us-east-1:123456789012:{name}"
        assert f'123456789012:{name}-dead"' in answer["Attributes"]["RedrivePolicy"]
        assert '"maxReceiveCount": 5' in answer["Attributes"]["RedrivePolicy"]


def test_a_long_poll_wakes_when_something_happens(aws: Double) -> None:
    """The client would give up after 10 of the 20 seconds that the poll may take."""
    patient = aws.client("sqs", read_timeout=10)
    with ThreadPoolExecutor() as pool:
        poll = pool.submit(patient.receive_message, QueueUrl=aws.queue_url, WaitTimeSeconds=20)
        aws.send("b@example.com")
        messages = poll.result()["Messages"]

    patient.close()
    assert len(messages) == 1


def test_a_long_poll_wakes_when_a_hidden_message_shows_again(aws: Double) -> None:
    aws.sqs.send_message(QueueUrl=aws.queue_url, MessageBody="hello")
    aws.sqs.receive_message(QueueUrl=aws.queue_url, VisibilityTimeout=1)
    patient = aws.client("sqs", read_timeout=10)

    answer = patient.receive_message(QueueUrl=aws.queue_url, WaitTimeSeconds=20)

    patient.close()
    assert [message["Body"] for message in answer["Messages"]] == ["hello"]


def test_a_poll_whose_caller_died_takes_no_messages(aws: Double) -> None:
    dying = aws.client("sqs", read_timeout=0.2)
    with pytest.raises(ReadTimeoutError):
        dying.receive_message(QueueUrl=aws.queue_url, WaitTimeSeconds=20)
    dying.close()

    aws.send("b@example.com")

    assert len(aws.events(2)) == 2


def test_an_empty_poll_ends_by_itself(aws: Double) -> None:
    assert "Messages" not in aws.sqs.receive_message(QueueUrl=aws.queue_url, WaitTimeSeconds=1)


def test_a_poison_message_ends_in_the_dead_letter_queue(aws: Double) -> None:
    aws.sqs.send_message(QueueUrl=aws.queue_url, MessageBody="no JSON")
    counts = []
    while messages := aws.sqs.receive_message(
        QueueUrl=aws.queue_url, VisibilityTimeout=0, AttributeNames=["ApproximateReceiveCount"]
    ).get("Messages"):
        counts.append(messages[0]["Attributes"]["ApproximateReceiveCount"])

    dead = aws.sqs.receive_message(QueueUrl=f"{aws.queue_url}-dead")["Messages"]

    aws.sqs.purge_queue(QueueUrl=f"{aws.queue_url}-dead")
    assert counts == ["1", "2", "3", "4", "5"]
    assert [message["Body"] for message in dead] == ["no JSON"]


def test_batches_send_hide_and_delete(aws: Double) -> None:
    bodies: Any = [{"Id": str(n), "MessageBody": f"body {n}"} for n in range(10)]
    aws.sqs.send_message_batch(QueueUrl=aws.queue_url, Entries=bodies)
    messages = aws.sqs.receive_message(QueueUrl=aws.queue_url, MaxNumberOfMessages=10)["Messages"]
    handles: Any = [
        {"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]}
        for n, message in enumerate(messages)
    ]
    later: Any = [{**handle, "VisibilityTimeout": 60} for handle in handles]

    hidden = aws.sqs.change_message_visibility_batch(QueueUrl=aws.queue_url, Entries=later)
    deleted = aws.sqs.delete_message_batch(QueueUrl=aws.queue_url, Entries=handles)

    assert len(hidden["Successful"]) == len(deleted["Successful"]) == 10
    assert aws.waiting() == 0


def test_what_is_wrong_raises_the_modeled_exception(aws: Double) -> None:
    with pytest.raises(aws.sqs.exceptions.QueueDoesNotExist):
        aws.sqs.receive_message(QueueUrl=f"{aws.url}/123456789012/no-such-queue")
    with pytest.raises(aws.sqs.exceptions.ReceiptHandleIsInvalid):
        aws.sqs.delete_message(QueueUrl=aws.queue_url, ReceiptHandle="invented")
    with pytest.raises(aws.sqs.exceptions.EmptyBatchRequest):
        aws.sqs.delete_message_batch(QueueUrl=aws.queue_url, Entries=[])
