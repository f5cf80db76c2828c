"""`down`: all that `up` has made goes, but no mail, and nothing that somebody needs."""

import pytest

from deploy.aws.bucket import SETUP_OBJECT
from tests.integration.deploy.account.conftest import TRUST, Customer


@pytest.fixture
def made(customer: Customer) -> Customer:
    customer.up(TRUST)
    return customer


def test_all_of_it_goes_and_a_second_time_nothing_is_there(made: Customer) -> None:
    """What SES wrote to try the rule is no mail."""
    _put(made, SETUP_OBJECT)

    would = made.down(dry_run=True)
    assert made.up(TRUST) == [], "a dry run takes nothing away"
    assert [one.replace("would be ", "") for one in would] == made.down()
    assert made.down() == []
    assert made.clients.sqs.list_queues().get("QueueUrls", []) == []
    assert made.clients.iam.list_policies(Scope="Local")["Policies"] == []
    assert "Metadata" not in made.clients.ses.describe_active_receipt_rule_set()


def test_mail_stays_unless_it_is_asked_for(made: Customer) -> None:
    _put(made, "a-mail")
    bucket = made.blueprint.mail_bucket

    assert f"S3 bucket {bucket}: left. There is mail in it" in " ".join(made.down())
    assert made.clients.s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    assert made.down(delete_mail=True) == [f"S3 bucket {bucket}: taken away"]


def test_a_rule_of_somebody_elses_keeps_the_set_active(made: Customer) -> None:
    made.clients.ses.create_receipt_rule(RuleSetName="postroom", Rule={"Name": "theirs"})

    assert [one for one in made.down() if "left" in one] == [
        f"SES {which} postroom: left. There are rules in it that Postroom has not made."
        for which in ("active rule set", "receipt rule set")
    ]


def test_a_policy_that_is_attached_to_somebody_stays(made: Customer) -> None:
    made.clients.iam.create_user(UserName="theirs")
    arn = made.blueprint.policy_arn("api")
    made.clients.iam.attach_user_policy(UserName="theirs", PolicyArn=arn)

    assert [one for one in made.down() if "left" in one] == [
        "IAM policy postroom-api: left. It is attached to somebody: detach it."
    ]


def test_what_up_has_not_made_is_left(customer: Customer) -> None:
    customer.clients.sqs.create_queue(QueueName="postroom-feedback")

    assert customer.down() == ["SQS queue postroom-feedback: left, as it was not made here"]


def _put(customer: Customer, key: str) -> None:
    customer.clients.s3.put_object(Bucket=customer.blueprint.mail_bucket, Key=key, Body=b"x")
