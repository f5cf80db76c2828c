"""What docker-compose.yml promises: each rule yields a sentence for each thing that breaks it."""

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Final

import yaml

from common.worker import DRAIN_SECONDS
from deploy.manifests.looking import is_known
from deploy.manifests.pod_rules import API_DRAIN_SECONDS, CLOSING_SECONDS, SERVICES

Service = dict[str, Any]

ROOT: Final = Path(__file__).parents[2]
ONE_SHOT: Final = ("migrate",)
SECRET: Final = re.compile(r"PASSWORD|SECRET|TOKEN|ACCESS_KEY|(DATABASE|REDIS|WEBHOOK)_URL")
VARIABLE: Final = re.compile(r"\$\{[^}]*\}")
LITERAL_PASSWORD: Final = re.compile(r"://[^/@:]*:[^$/@]+@")


def services(file: Path) -> dict[str, Service]:
    """By their names; anchors and merges are resolved, variables are not."""
    found: dict[str, Service] = yaml.safe_load(file.read_text(encoding="utf-8"))["services"]
    return found


def wrong(found: dict[str, Service]) -> Iterator[str]:
    """Whatever is not as promised."""
    for name, service in found.items():
        rules = _bounded(name, service), _hardened(service), _secretless(service), _foreign(service)
        for sentence in chain.from_iterable(rules):
            yield f"{name}: {sentence}"
    yield from _drained(found)
    yield from _settings(found)


def seconds(duration: str) -> int:
    """Of `45s`, the only unit that the file uses."""
    return int(duration.removesuffix("s"))


def _bounded(name: str, service: Service) -> Iterator[str]:
    yield from (
        f"no {key}"
        for key in ("mem_limit", "cpus", "pids_limit", "stop_grace_period", "restart")
        if key not in service
    )
    if service.get("restart") != ("no" if name in ONE_SHOT else "unless-stopped"):
        yield "started again when it should not be, or the other way round"
    if "test" not in service.get("healthcheck", {}) and name not in ONE_SHOT:
        yield "no healthcheck"


def _hardened(service: Service) -> Iterator[str]:
    if service.get("read_only") is not True:
        yield "its root file system can be written"
    if service.get("cap_drop") != ["ALL"] or "cap_add" in service:
        yield "keeps capabilities"
    if "no-new-privileges:true" not in service.get("security_opt", []):
        yield "may gain privileges"
    for port in service.get("ports", []):
        if not port.startswith("127.0.0.1:"):
            yield f"port {port} is open to the network"


def _secretless(service: Service) -> Iterator[str]:
    """A secret is passed on (no value), or is a `${VARIABLE}` without a default."""
    for variable, value in service.get("environment", {}).items():
        if value is None or not SECRET.search(variable):
            continue
        if "${" not in value or re.search(r"\$\{\w+:?-[^}]", value):
            yield f"{variable} stands there in clear"
        if LITERAL_PASSWORD.search(VARIABLE.sub("$", value)):
            yield f"{variable} has a password in it"


def _foreign(service: Service) -> Iterator[str]:
    """An image of others has a version, and what it is given of the checkout is only to be read."""
    image = VARIABLE.sub("", service.get("image", ""))
    if image[:1] not in {"", ":", "-"} and image.partition(":")[2] in {"", "latest"}:
        yield f"{image} has no version"
    for volume in service.get("volumes", []):
        source, _, rest = volume.partition(":")
        if source.startswith(".") and not (ROOT / source).exists():
            yield f"{source} is not there to be mounted"
        if source.startswith((".", "/")) and not rest.endswith(":ro"):
            yield f"{source} can be written"


def _drained(found: dict[str, Service]) -> Iterator[str]:
    for name in SERVICES:
        drain = API_DRAIN_SECONDS if name == "api" else DRAIN_SECONDS
        if seconds(found[name]["stop_grace_period"]) < drain + CLOSING_SECONDS:
            yield f"{name}: killed before its drain is over"


def _settings(found: dict[str, Service]) -> Iterator[str]:
    for name in SERVICES:
        for variable in found[name]["environment"]:
            if not is_known(variable):
                yield f"{name}: {variable}: no such setting"
