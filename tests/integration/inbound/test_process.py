"""`python -m services.inbound` for now: it looks at its queue from outside, and takes nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from common import aws
from common.settings import Settings
from tests.service import aws_double, service
from tests.waiting import eventually

GAUGE = "postroom_inbound_queue_messages"


@pytest.fixture(scope="module")
def aws_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with aws_double(tmp_path_factory.mktemp("aws") / "log") as url:
        yield url


@pytest.fixture
def queue_url(aws_url: str) -> str:
    return f"{aws_url}/123456789012/postroom-inbound"


def test_mail_that_waits_is_counted_and_not_taken(
    settings: Settings,
    aws_url: str,
    queue_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    sqs = aws.client(settings.model_copy(update={"aws_url": aws_url}), "sqs")
    sqs.send_message(QueueUrl=queue_url, MessageBody="a mail")

    with service(
        "inbound",
        settings,
        tmp_path / "log",
        log_format="json",
        aws_url=aws_url,
        inbound_queue_url=queue_url,
    ) as inbound:
        eventually(lambda: f'{GAUGE}{{state="visible"}} 1.0' in inbound.metrics())

        assert len(inbound.said("inbound.not_read_yet")) == 1
        assert inbound.stop() == 0

    answer = sqs.receive_message(QueueUrl=queue_url, AttributeNames=["ApproximateReceiveCount"])
    assert answer["Messages"][0]["Attributes"]["ApproximateReceiveCount"] == "1"
    sqs.close()


def test_a_queue_that_does_not_answer_has_no_number(settings: Settings, tmp_path: Path) -> None:
    away = "http://127.0.0.1:1"

    with service(
        "inbound",
        settings,
        tmp_path / "log",
        log_format="json",
        aws_url=away,
        inbound_queue_url=f"{away}/123456789012/postroom-inbound",
    ) as inbound:
        eventually(lambda: f'{GAUGE}{{state="visible"}} NaN' in inbound.metrics())

        assert inbound.said("inbound.queue_unanswered")
        assert inbound.stop() == 0
