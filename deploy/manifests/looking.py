"""What all rules look with: manifests by kind, their pods, their variables, the settings."""

from collections.abc import Iterator
from typing import Final

from common.settings import Settings
from deploy.manifests.kustomize import Manifest, pods

PROXIES: Final = ("HTTPS_PROXY", "NO_PROXY")
"""How boto3 learns of an egress proxy: docs/kubernetes.md."""


def setting_names() -> set[str]:
    """The names of all settings in the environment."""
    return {setting_name(field) for field in Settings.model_fields}


def setting_name(field: str) -> str:
    """Of a field of `Settings`, in the environment."""
    prefix = Settings.model_config.get("env_prefix", "")
    return str(Settings.model_fields[field].validation_alias or f"{prefix}{field}".upper())


def is_known(variable: str) -> bool:
    """Whether a service of ours reads it: as a setting, or boto3 or its HTTP do (`AWS_PROFILE`)."""
    return variable in setting_names() or variable.startswith("AWS_") or variable in PROXIES


def of_kind(manifests: list[Manifest], kind: str) -> dict[str, Manifest]:
    """By their names."""
    return {one["metadata"]["name"]: one for one in manifests if one["kind"] == kind}


def named_pods(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    """Of Deployments, StatefulSets and Jobs, each with its owner's name."""
    for manifest in manifests:
        for pod in pods(manifest):
            yield manifest["metadata"]["name"], pod


def variables(manifests: list[Manifest]) -> Iterator[str]:
    """The names of all variables that pods are given."""
    for one in of_kind(manifests, "ConfigMap").values():
        yield from one["data"]
    for _, pod in named_pods(manifests):
        for container in pod["containers"]:
            yield from (variable["name"] for variable in container.get("env", []))
