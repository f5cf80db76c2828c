"""`down`: all that `up` has made goes, but no mail, and nothing that somebody needs."""

from deploy.aws.bucket import SETUP_OBJECT, Bucket
from deploy.aws.roles import ServicePolicy
from tests.integration.deploy.account.conftest import RECEIVING, TRUST, Customer


def test_all_of_it_goes_and_a_second_time_nothing_is_there(customer: Customer) -> None:
    """What SES wrote to try the rule is no mail."""
    customer.up(TRUST)
    _put(customer, SETUP_OBJECT)

    would = customer.down(dry_run=True)
    assert customer.up(TRUST) == [], "a dry run takes nothing away"
    assert [one.replace("would be ", "") for one in would] == customer.down()
    assert customer.down() == []
    assert customer.clients.sqs.list_queues().get("QueueUrls", []) == []
    assert customer.clients.iam.list_policies(Scope="Local")["Policies"] == []
    assert "Metadata" not in customer.clients.ses.describe_active_receipt_rule_set()


def test_mail_stays_unless_it_is_asked_for(customer: Customer) -> None:
    customer.up(only=(Bucket,))
    _put(customer, "a-mail")
    bucket = customer.blueprint.mail_bucket

    assert f"S3 bucket {bucket}: left. There is mail in it" in " ".join(customer.down())
    assert customer.clients.s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1
    assert customer.down(delete_mail=True) == [f"S3 bucket {bucket}: taken away"]


def test_a_rule_of_somebody_elses_keeps_the_set_active(customer: Customer) -> None:
    customer.up(only=RECEIVING)
    customer.clients.ses.create_receipt_rule(RuleSetName="postroom", Rule={"Name": "theirs"})

    assert [one for one in customer.down(RECEIVING) if "left" in one] == [
        f"SES {which} postroom: left. There are rules in it that Postroom has not made."
        for which in ("active rule set", "receipt rule set")
    ]


def test_a_policy_that_is_attached_to_somebody_stays(customer: Customer) -> None:
    customer.up(only=(ServicePolicy,))
    customer.clients.iam.create_user(UserName="theirs")
    arn = customer.blueprint.policy_arn("api")
    customer.clients.iam.attach_user_policy(UserName="theirs", PolicyArn=arn)

    assert [one for one in customer.down((ServicePolicy,)) if "left" in one] == [
        "IAM policy postroom-api: left. It is attached to somebody: detach it."
    ]


def test_what_up_has_not_made_is_left(customer: Customer) -> None:
    customer.clients.sqs.create_queue(QueueName="postroom-feedback")

    assert customer.down() == ["SQS queue postroom-feedback: left, as it was not made here"]


def _put(customer: Customer, key: str) -> None:
    customer.clients.s3.put_object(Bucket=customer.blueprint.mail_bucket, Key=key, Body=b"x")
