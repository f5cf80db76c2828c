"""The rules of docker-compose.yml: the real file keeps them, and broken on purpose it does not."""

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from common.settings import Settings
from deploy.manifests import compose
from deploy.manifests.__main__ import REQUIRED, ROOT, main
from deploy.manifests.compose import Service
from deploy.manifests.looking import setting_name, setting_names
from deploy.manifests.pod_rules import SERVICES

FILE = ROOT / "docker-compose.yml"
REAL = compose.services(FILE)
OF_THE_IMAGE: Final = {
    f"POSTROOM_{name}" for name in ("HOST", "PORT", "METRICS_HOST", "METRICS_PORT")
}
"""Its own, as the health checks and port mappings know them."""
Spoil = Callable[[dict[str, Service]], Any]


def test_the_file_keeps_every_rule() -> None:
    assert list(compose.wrong(REAL)) == []


def test_everything_that_is_deployed_is_as_it_should_be() -> None:
    assert main() == 0


def test_what_a_person_must_give_is_what_the_check_gives() -> None:
    text = FILE.read_text(encoding="utf-8")

    asked = {part.partition(":?")[0] for part in text.split("${")[1:] if ":?" in part.split("}")[0]}

    assert asked == set(REQUIRED)


def test_the_webhook_workers_have_no_keys_of_aws() -> None:
    assert not [name for name in REAL["webhooks"]["environment"] if "AWS" in name]


def test_the_keys_that_seal_are_with_the_api_and_the_webhook_workers_alone() -> None:
    holders = {
        name
        for name, service in REAL.items()
        if "POSTROOM_SECRET_KEYS" in service.get("environment", {})
    }

    assert holders == {"api", "webhooks"}


def test_every_setting_that_a_service_reads_can_be_given_to_it() -> None:
    """Of its own code; what `common` reads of all of them is in no service's folder."""
    lacking = {
        name: sorted(reads(name) - REAL[name]["environment"].keys() - OF_THE_IMAGE)
        for name in SERVICES
    }

    assert lacking == {name: [] for name in SERVICES}


def test_every_setting_can_be_given_to_somebody() -> None:
    given = {variable for name in SERVICES for variable in REAL[name]["environment"]}

    assert setting_names() - given == OF_THE_IMAGE | {"POSTROOM_TESTING", "POSTROOM_CRASH_AT"}


def reads(service: str) -> set[str]:
    """The names in the environment of what a service's own code takes from its settings."""
    code = (path.read_text("utf-8") for path in Path(ROOT, "services", service).rglob("*.py"))
    fields = {field for text in code for field in re.findall(r"\bsettings\.([a-z_]+)", text)}
    return {setting_name(field) for field in fields & Settings.model_fields.keys()}


BROKEN: dict[str, Spoil] = {
    "no limit": lambda found: found["api"].pop("mem_limit"),
    "no restart": lambda found: found["api"].update(restart="no"),
    "migrates for ever": lambda found: found["migrate"].update(restart="unless-stopped"),
    "no healthcheck": lambda found: found["sender"].pop("healthcheck"),
    "written root": lambda found: found["api"].update(read_only=False),
    "capabilities": lambda found: found["api"].update(cap_add=["NET_ADMIN"]),
    "privileges": lambda found: found["api"].update(security_opt=[]),
    "open port": lambda found: found["api"].update(ports=["8000:8000"]),
    "secret in clear": lambda found: found["postgres"]["environment"].update(
        POSTGRES_PASSWORD="hunter2"
    ),
    "secret by default": lambda found: found["postgres"]["environment"].update(
        POSTGRES_PASSWORD="${POSTGRES_PASSWORD:-hunter2}"
    ),
    "password in a URL": lambda found: found["sender"]["environment"].update(
        DATABASE_URL="postgresql://postroom:hunter2@postgres/${DB}"
    ),
    "where alerts go in clear": lambda found: found["alertmanager"]["environment"].update(
        ALERT_WEBHOOK_URL="https://hooks.example.com/token"
    ),
    "an image of today": lambda found: found["grafana"].update(image="grafana/grafana"),
    "an image of any day": lambda found: found["grafana"].update(image="grafana/grafana:latest"),
    "rules that can be written": lambda found: found["prometheus"]["volumes"].append("./x:/x"),
    "rules that are not there": lambda found: found["prometheus"]["volumes"].append("./x:/x:ro"),
    "killed in its drain": lambda found: found["webhooks"].update(stop_grace_period="30s"),
    "misspelled setting of no prefix": lambda found: found["webhooks"]["environment"].update(
        EGRESS_PROXY=None
    ),
    "misspelled setting": lambda found: found["sender"]["environment"].update(
        POSTROOM_SENDER_THREAD=None
    ),
}


@pytest.mark.parametrize("spoil", BROKEN.values(), ids=BROKEN)
def test_what_breaks_a_rule_is_found(spoil: Spoil) -> None:
    found = copy.deepcopy(REAL)
    spoil(found)

    assert len(list(compose.wrong(found))) >= 1
