"""The process: what else answers on its port, and how it ends."""

import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from tests.integration.deploy.aws.conftest import Double
from tests.waiting import eventually


def test_the_inbound_bucket_keeps_objects(aws: Double) -> None:
    mail = b"From: a@example.com\r\n\r\n" + bytes(range(256)) * 1_000

    aws.s3.put_object(Bucket="postroom-inbound", Key="mail/ä b+c", Body=mail)
    with aws.s3.get_object(Bucket="postroom-inbound", Key="mail/ä b+c")["Body"] as stream:
        assert stream.read() == mail
    listed = aws.s3.list_objects_v2(Bucket="postroom-inbound", Prefix="mail/")["Contents"]
    head = aws.s3.head_object(Bucket="postroom-inbound", Key="mail/ä b+c")
    aws.s3.delete_object(Bucket="postroom-inbound", Key="mail/ä b+c")

    assert [found["Key"] for found in listed] == ["mail/ä b+c"]
    assert head["ContentLength"] == len(mail)
    with pytest.raises(aws.s3.exceptions.NoSuchKey):
        aws.s3.get_object(Bucket="postroom-inbound", Key="mail/ä b+c")


@pytest.mark.parametrize("service", ["ses", "iam", "dynamodb"])
def test_no_other_service_or_operation_of_moto_answers(aws: Double, service: str) -> None:
    client = aws.client(service)
    call = {"ses": "get_send_quota", "iam": "list_users", "dynamodb": "list_tables"}[service]

    # The query protocol wants XML, and cannot even read the refusal of a service.
    with pytest.raises((ClientError, ResponseParserError), match="local double has no"):
        getattr(client, call)()

    client.close()


def test_sigterm_ends_it_with_hung_calls_and_long_polls_open(own_aws: Double) -> None:
    own_aws.post("/faults", hung=1)
    with ThreadPoolExecutor() as pool:
        poll = pool.submit(
            own_aws.sqs.receive_message,
            QueueUrl=own_aws.queue_url.replace("feedback", "inbound"),
            WaitTimeSeconds=20,
        )
        hung = pool.submit(own_aws.send, "b@example.com")
        eventually(lambda: own_aws.get("/sent"), what="the hung call is accepted")

        own_aws.process.send_signal(signal.SIGTERM)

        assert own_aws.process.wait(timeout=40) == 0
        assert isinstance(hung.exception(), BotoCoreError | ClientError)
        assert isinstance(poll.exception(), BotoCoreError | ClientError)
    assert own_aws.log.read_text() == f"aws double: {own_aws.url}\n"


def test_sigint_ends_it_too(own_aws: Double) -> None:
    own_aws.process.send_signal(signal.SIGINT)

    assert own_aws.process.wait(timeout=40) == 0
