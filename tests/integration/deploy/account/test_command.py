"""`python -m deploy.aws`: what it prints, and its exit codes."""

import sys
from pathlib import Path
from typing import Any

import pytest

from common.settings import Settings
from deploy.aws.__main__ import main
from deploy.aws.bucket import Bucket
from deploy.aws.policies import SERVICES
from tests.integration.deploy.account.conftest import DOMAIN, REGION, TRUST, Customer
from tests.integration.deploy.account.ses_v2 import DKIM_ZONE

ISSUER = "oidc.eks.eu-west-1.amazonaws.com/id/ABC"
ASKED = ("--domain", DOMAIN, "--region", REGION)
Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _signed_in(customer: Customer, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", customer.blueprint.account)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["deploy.aws", *arguments])
    return main()


def test_what_it_prints_is_the_end_of_an_env_file_and_says_what_dns_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured, tmp_path: Path
) -> None:
    assert _run(monkeypatch, "up", *ASKED) == 0
    made = capsys.readouterr()
    env = tmp_path / "env"
    env.write_text(f"DATABASE_URL=postgresql://u@h/d\nREDIS_URL=redis://h\n{made.out}")
    settings = Settings(_env_file=env)

    assert "SQS queue postroom-feedback: made\n" in made.err
    assert (settings.aws_region, settings.default_domain) == (REGION, DOMAIN)
    assert (settings.feedback_queue_url or "").endswith("/postroom-feedback")
    assert (settings.inbound_queue_url or "").endswith("/postroom-inbound")
    assert settings.configuration_set == "postroom"

    told = [line.partition("  (")[0] for line in made.out.splitlines()]
    assert [line for line in told if line.startswith("# ")][1:] == [
        f"# token0._domainkey.{DOMAIN} CNAME token0.{DKIM_ZONE}",
        f"# token1._domainkey.{DOMAIN} CNAME token1.{DKIM_ZONE}",
        f"# token2._domainkey.{DOMAIN} CNAME token2.{DKIM_ZONE}",
        f"# bounce.{DOMAIN} MX 10 feedback-smtp.{REGION}.amazonses.com",
        f'# bounce.{DOMAIN} TXT "v=spf1 include:amazonses.com ~all"',
        f"# {DOMAIN} MX 10 inbound-smtp.{REGION}.amazonaws.com",
        f'# _dmarc.{DOMAIN} TXT "v=DMARC1; p=none"',
    ]


def test_again_nothing_has_changed_and_all_of_it_can_go(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured, tmp_path: Path
) -> None:
    trust = tmp_path / "trust.json"
    trust.write_text(TRUST)
    assert _run(monkeypatch, "up", *ASKED, "--trust", str(trust)) == 0
    first = capsys.readouterr()
    assert _run(monkeypatch, "up", *ASKED, "--trust", str(trust)) == 0
    second = capsys.readouterr()

    assert second.out == first.out
    assert second.err.endswith("Nothing has changed: all of it was there.\n")
    assert _run(monkeypatch, "down", *ASKED) == 0
    assert "IAM role postroom-api: taken away" in capsys.readouterr().err


def test_a_cluster_gets_a_role_for_each_service_account(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured, customer: Customer
) -> None:
    provider = f"arn:aws:iam::{customer.blueprint.account}:oidc-provider/{ISSUER}"
    asked = ("up", *ASKED, "--oidc-provider", provider)
    iam = customer.clients.iam

    assert _run(monkeypatch, *asked, "--dry-run") == 0
    assert iam.list_roles()["Roles"] == []
    assert _run(monkeypatch, *asked) == 0
    told = capsys.readouterr().out.splitlines()
    assert _run(monkeypatch, *asked) == 0
    assert capsys.readouterr().err.endswith("Nothing has changed: all of it was there.\n")

    roles = {one["RoleName"]: one for one in iam.list_roles()["Roles"]}
    assert roles.keys() == {f"postroom-{service}" for service in SERVICES}
    for service in SERVICES:
        role = roles[f"postroom-{service}"]
        trust: Any = role["AssumeRolePolicyDocument"]
        (statement,) = trust["Statement"]
        subject = statement["Condition"]["StringEquals"][f"{ISSUER}:sub"]
        assert subject == f"system:serviceaccount:postroom:{service}"
        assert f"# {service} {role['Arn']}" in told


def test_mail_that_would_be_lost_is_exit_1(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured, customer: Customer
) -> None:
    customer.up(only=(Bucket,))
    bucket = customer.blueprint.mail_bucket
    customer.clients.s3.put_object(Bucket=bucket, Key="a-mail", Body=b"x")

    assert _run(monkeypatch, "down", *ASKED) == 1
    assert "--delete-mail" in capsys.readouterr().err
    assert _run(monkeypatch, "down", *ASKED, "--delete-mail") == 0


def test_what_is_in_the_way_is_exit_1(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured, customer: Customer
) -> None:
    customer.clients.sqs.create_queue(QueueName="postroom-feedback")

    assert _run(monkeypatch, "up", *ASKED) == 1
    assert capsys.readouterr().err.startswith(
        "Nothing was done.\nSQS queue postroom-feedback is there"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("up", "--domain", "Example", "--region", REGION),
        ("up", "--domain", DOMAIN),
        ("up", *ASKED, "--trust", "/nowhere.json"),
        ("up", *ASKED, "--oidc-provider", f"arn:aws:iam::000000000000:oidc-provider/{ISSUER}"),
    ],
)
def test_what_makes_no_sense_is_exit_2(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    assert _run(monkeypatch, *arguments) == 2
