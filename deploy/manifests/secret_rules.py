"""What our manifests promise of secrets: none stands there, and each is with who reads it alone.

A rule yields a sentence for each thing that breaks it.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from deploy.manifests.kustomize import Manifest
from deploy.manifests.looking import named_pods, of_kind, variables
from deploy.manifests.pod_rules import SERVICES

KEYS: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
SOURCE: Final = "postroom"
"""The name of the Secret: docs/kubernetes.md says how it is made."""
HOLDERS: Final[Mapping[str, frozenset[str]]] = {
    "DATABASE_URL": frozenset({*SERVICES, "migrate"}),
    "REDIS_URL": frozenset({*SERVICES, "migrate"}),
    "POSTROOM_SECRET_KEYS": frozenset({"api", "webhooks"}),
    "POSTROOM_ADMIN_KEYS": frozenset({"api"}),
    "EGRESS_PROXY_URL": frozenset({"webhooks"}),
}
"""Each setting that may be a secret, with the pods that read it."""
OPTIONAL: Final = frozenset({"POSTROOM_ADMIN_KEYS", "EGRESS_PROXY_URL"})
"""Without the others a pod must not start; without these it does, as the product has a default."""


def keyless(manifests: list[Manifest]) -> Iterator[str]:
    """No Secret is among the manifests, and no key of AWS is given to a pod."""
    for name in of_kind(manifests, "Secret"):
        yield f"Secret {name}: is made in the cluster, not here"
    for variable in variables(manifests):
        if variable in KEYS:
            yield f"{variable}: a role is there instead of keys"


def unseen(manifests: list[Manifest]) -> Iterator[str]:
    """No secret is the value of a variable."""
    for name, one in of_kind(manifests, "ConfigMap").items():
        for variable in HOLDERS.keys() & one["data"].keys():
            yield f"ConfigMap {name}: {variable} stands there in clear"
    for name, pod in named_pods(manifests):
        for variable, said in _environment(pod).items():
            if variable in HOLDERS and "value" in said:
                yield f"{name}: {variable} stands there in clear"


def held(manifests: list[Manifest]) -> Iterator[str]:
    """Who reads a secret has it, by its own name, and nobody else has it."""
    environments = {name: _environment(pod) for name, pod in named_pods(manifests)}
    for variable, holders in HOLDERS.items():
        wanted: dict[str, Any] = {"name": SOURCE, "key": variable}
        if variable in OPTIONAL:
            wanted["optional"] = True
        for name, environment in environments.items():
            said = environment.get(variable)
            if said is not None and name not in holders:
                yield f"{name}: has {variable}, and does not read it"
            elif name in holders and (said or {}).get("valueFrom") != {"secretKeyRef": wanted}:
                yield f"{name}: {variable} should come from the Secret {SOURCE}"


def _environment(pod: Manifest) -> dict[str, dict[str, Any]]:
    """The variables of its containers, by their names."""
    return {said["name"]: said for box in pod["containers"] for said in box.get("env", [])}
