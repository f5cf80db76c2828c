"""The .env that is made for docker-compose.yml: whole, and its secrets its own."""

from common.settings import Settings
from common.vault import Vault
from deploy.docker.__main__ import environment, made
from deploy.manifests.__main__ import REQUIRED, ROOT
from deploy.manifests.kustomize import build
from deploy.manifests.looking import named_pods

URLS = {"DATABASE_URL": "postgresql://a:b@c/d", "REDIS_URL": "redis://a"}


def test_local_has_a_value_for_everything_that_is_asked() -> None:
    local = environment("local")

    assert all(local[name] for name in REQUIRED)


def test_a_real_account_has_lines_for_what_only_its_owner_knows() -> None:
    empty = {name for name, value in environment("aws").items() if not value}

    assert empty >= {"POSTROOM_FEEDBACK_QUEUE_URL", "POSTROOM_INBOUND_QUEUE_URL"}
    assert environment("aws").keys() >= set(REQUIRED)


def test_a_real_account_is_given_no_key_and_no_double() -> None:
    assert not [name for name in environment("aws") if name.startswith("AWS_")]
    assert "POSTROOM_AWS_URL" not in environment("aws")


def test_no_two_files_have_the_same_secrets() -> None:
    one, other = made(), made()

    assert not [name for name in one if one[name] == other[name]]


def test_a_cluster_gets_every_key_that_its_manifests_ask_for() -> None:
    asked = [
        variable["valueFrom"]["secretKeyRef"]
        for _, pod in named_pods(build(ROOT / "deploy" / "k8s" / "overlays" / "local"))
        for container in pod["containers"]
        for variable in container.get("env", [])
        if "valueFrom" in variable
    ]
    needed = {one["key"] for one in asked if not one.get("optional")}

    assert needed <= environment("k8s").keys() <= {one["key"] for one in asked}


def test_the_keys_that_are_made_open_a_vault_and_are_an_administrators() -> None:
    keys = {name: made()[f"POSTROOM_{name.upper()}"] for name in ("secret_keys", "admin_keys")}

    Vault.of(Settings.model_validate(URLS | keys))


def test_the_example_has_no_values() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    given = [line.partition("=") for line in lines if line and not line.startswith("#")]

    assert not [name for name, _, value in given if value]
    assert {name for name, _, _ in given} == environment("aws").keys()
