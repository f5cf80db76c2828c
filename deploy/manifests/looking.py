"""What all rules look with: manifests by kind, their pods, their variables, the settings."""

from collections.abc import Iterator

from common.settings import Settings
from deploy.manifests.kustomize import Manifest, pods


def setting_names() -> set[str]:
    """The names of all settings in the environment."""
    prefix = Settings.model_config.get("env_prefix", "")
    fields = Settings.model_fields.items()
    return {str(field.validation_alias or f"{prefix}{name}".upper()) for name, field in fields}


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
