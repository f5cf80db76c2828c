"""`up`: an account becomes as the blueprint says, stays so, and nothing of anybody else is hurt."""

import json

import pytest

from deploy.aws.runner import RefusedError
from services.status.parse import SesEvent, parse
from tests.integration.deploy.account.conftest import DOMAIN, TRUST, Customer

READS = ("Get", "List", "Describe", "Head")


def test_a_second_time_nothing_changes(furnished: Customer) -> None:
    furnished.calls.clear()

    assert furnished.up(TRUST) == []
    assert [name for name in furnished.calls if not name.startswith(READS)] == []


def test_a_dry_run_only_looks_and_says_what_would_be(customer: Customer) -> None:
    said = customer.up(TRUST, dry_run=True)

    assert [name for name in customer.calls if not name.startswith(READS)] == []
    assert "SQS queue postroom-feedback: would be made" in said
    assert [one.replace(": would be made", ": made") for one in said] == customer.up(TRUST)


def test_what_ses_tells_is_read_by_the_status_worker(furnished: Customer) -> None:
    told = {
        "eventType": "Delivery",
        "mail": {"messageId": "0100", "timestamp": "2026-11-30T12:00:00.000Z"},
        "delivery": {"recipients": ["a@example.com"], "timestamp": "2026-11-30T12:00:01.000Z"},
    }
    topic = furnished.blueprint.topic_arn("feedback")
    furnished.clients.sns.publish(TopicArn=topic, Message=json.dumps(told))

    (letter,) = furnished.clients.sqs.receive_message(
        QueueUrl=furnished.queue_url("postroom-feedback"), WaitTimeSeconds=2
    )["Messages"]
    event = parse(letter["Body"])
    assert json.loads(letter["Body"]) == told, "raw delivery, without SNS's envelope"
    assert isinstance(event, SesEvent)
    assert event.recipients == ("a@example.com",)


def test_a_role_has_the_policy_of_its_service_and_the_operators_trust(furnished: Customer) -> None:
    iam = furnished.clients.iam
    attached = iam.list_attached_role_policies(RoleName="postroom-sender")["AttachedPolicies"]
    trust = iam.get_role(RoleName="postroom-sender")["Role"]["AssumeRolePolicyDocument"]

    assert [one["PolicyName"] for one in attached] == ["postroom-sender"]
    assert json.dumps(trust) == json.dumps(json.loads(TRUST.replace("${service}", "sender")))


def test_what_has_our_name_and_is_not_ours_is_refused_and_nothing_is_made(
    customer: Customer,
) -> None:
    url = customer.clients.sqs.create_queue(QueueName="postroom-inbound")["QueueUrl"]
    customer.clients.sesv2.create_configuration_set(ConfigurationSetName="postroom")
    customer.calls.clear()

    with pytest.raises(RefusedError, match="SQS queue postroom-inbound is there") as refused:
        customer.up()
    assert len(refused.value.args) == 2
    assert [name for name in customer.calls if not name.startswith(READS)] == []

    assert "SQS queue postroom-inbound: changed (Tags, " in " ".join(customer.up(adopt=True))
    assert customer.clients.sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"postroom": "postroom"}
    assert customer.up() == []


def test_a_bucket_of_another_account_is_not_ours(customer: Customer, furnished: Customer) -> None:
    """S3's names are everybody's."""
    theirs = furnished.account().blueprint.mail_bucket
    with pytest.raises(RefusedError, match="S3 bucket"):
        customer.up(bucket=theirs)


def test_a_domain_that_is_in_ses_already_is_used_as_it_is(customer: Customer) -> None:
    sesv2 = customer.clients.sesv2
    sesv2.create_email_identity(EmailIdentity=DOMAIN)
    sesv2.put_email_identity_mail_from_attributes(
        EmailIdentity=DOMAIN, MailFromDomain=f"theirs.{DOMAIN}"
    )

    assert not any("identity" in one for one in customer.up())
    assert customer.ses.identities[DOMAIN]["MailFromAttributes"] == {
        "MailFromDomain": f"theirs.{DOMAIN}"
    }
    assert f"SES identity {DOMAIN}: left, as it was not made here" in customer.down()


class TestAnotherRuleSetIsActive:
    @pytest.fixture
    def theirs(self, customer: Customer) -> Customer:
        ses = customer.clients.ses
        ses.create_receipt_rule_set(RuleSetName="theirs")
        ses.create_receipt_rule(RuleSetName="theirs", Rule={"Name": "first"})
        ses.set_active_receipt_rule_set(RuleSetName="theirs")
        return customer

    def test_up_does_nothing(self, theirs: Customer) -> None:
        with pytest.raises(RefusedError, match="The receipt rule set theirs is active"):
            theirs.up()

    def test_our_rule_can_come_behind_theirs(self, theirs: Customer) -> None:
        theirs.up(rule_set="theirs")

        assert _rules(theirs, "theirs") == ["first", "postroom-inbound"]
        assert theirs.up(rule_set="theirs") == []
        theirs.down(rule_set="theirs")
        assert _rules(theirs, "theirs") == ["first"]
        assert _active(theirs) == "theirs"

    def test_ours_can_take_its_place(self, theirs: Customer) -> None:
        said = theirs.up(replace_rule_set=True)

        assert "SES active rule set postroom: changed (theirs is active)" in said
        assert _active(theirs) == "postroom"
        assert theirs.up() == []


def _rules(customer: Customer, rule_set: str) -> list[str]:
    told = customer.clients.ses.describe_receipt_rule_set(RuleSetName=rule_set)
    return [one["Name"] for one in told["Rules"]]


def _active(customer: Customer) -> str:
    return customer.clients.ses.describe_active_receipt_rule_set()["Metadata"]["Name"]
