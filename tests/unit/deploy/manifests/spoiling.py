"""The overlays as they are built, and broken on purpose."""

import copy
from collections.abc import Callable
from functools import cache
from typing import Any

from deploy.manifests.__main__ import ROOT
from deploy.manifests.kustomize import Manifest, build

Spoil = Callable[[dict[str, Manifest]], Any]


@cache
def built(name: str) -> list[Manifest]:
    return build(ROOT / "deploy" / "k8s" / "overlays" / name)


def spoiled(spoil: Spoil) -> list[Manifest]:
    """The production overlay after `spoil` has had it, by `Kind/name`."""
    manifests = copy.deepcopy(built("production"))
    spoil({f"{one['kind']}/{one['metadata']['name']}": one for one in manifests})
    return manifests


def pod(found: dict[str, Manifest], name: str) -> dict[str, Any]:
    spec: dict[str, Any] = found[f"Deployment/{name}"]["spec"]["template"]["spec"]
    return spec


def box(found: dict[str, Manifest], name: str) -> dict[str, Any]:
    container: dict[str, Any] = pod(found, name)["containers"][0]
    return container


def variable(found: dict[str, Manifest], pod_name: str, name: str) -> dict[str, Any]:
    said: dict[str, Any] = next(one for one in box(found, pod_name)["env"] if one["name"] == name)
    return said


def reference(found: dict[str, Manifest], pod_name: str, name: str) -> dict[str, Any]:
    key: dict[str, Any] = variable(found, pod_name, name)["valueFrom"]["secretKeyRef"]
    return key
