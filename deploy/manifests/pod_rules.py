"""What our manifests promise of each pod: a rule yields a sentence for all that breaks it."""

from collections.abc import Iterator
from typing import Final

from common.worker import DRAIN_SECONDS
from deploy.manifests.kustomize import Manifest
from deploy.manifests.looking import named_pods, of_kind

SERVICES: Final = ("api", "sender", "status", "inbound", "webhooks")
API_DRAIN_SECONDS: Final = 10
"""`services/api/server.py`: "the whole stop takes 10 s at most"."""
CLOSING_SECONDS: Final = 5
"""What a process may take after its drain to close what it has open, before it is killed."""


def restricted(manifests: list[Manifest]) -> Iterator[str]:
    """Pod Security Standards, `restricted`, and a root file system that is read-only."""
    for name, pod in named_pods(manifests):
        around = pod.get("securityContext", {})
        if around.get("runAsNonRoot") is not True or not around.get("runAsUser"):
            yield f"{name}: runs as root"
        if around.get("seccompProfile") != {"type": "RuntimeDefault"}:
            yield f"{name}: no seccomp profile"
        for container in pod["containers"]:
            context = container.get("securityContext", {})
            if context.get("allowPrivilegeEscalation") is not False:
                yield f"{name}: may gain privileges"
            if context.get("capabilities") != {"drop": ["ALL"]}:
                yield f"{name}: keeps capabilities"
            if context.get("readOnlyRootFilesystem") is not True:
                yield f"{name}: its root file system can be written"


def measured(manifests: list[Manifest]) -> Iterator[str]:
    """Every container says what it needs, and has a limit of memory."""
    for name, pod in named_pods(manifests):
        for container in pod["containers"]:
            resources = container.get("resources", {})
            if not resources.get("requests", {}).keys() >= {"cpu", "memory"}:
                yield f"{name}: no requests of cpu and memory"
            if "memory" not in resources.get("limits", {}):
                yield f"{name}: no limit of memory"


def probed(manifests: list[Manifest]) -> Iterator[str]:
    """Every Deployment has three probes, at a port that it has."""
    for name, manifest in of_kind(manifests, "Deployment").items():
        for container in manifest["spec"]["template"]["spec"]["containers"]:
            ports = {port["name"] for port in container.get("ports", [])}
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                asked = container.get(probe, {})
                how = asked.get("httpGet") or asked.get("tcpSocket") or {}
                if how.get("port") not in ports:
                    yield f"{name}: no {probe} at a port of its own"


def drained(manifests: list[Manifest]) -> Iterator[str]:
    """A pod is killed only when its drain, and the pause before it, must be over."""
    deployments = of_kind(manifests, "Deployment")
    for name in SERVICES:
        pod = deployments[name]["spec"]["template"]["spec"]
        hook = pod["containers"][0].get("lifecycle", {}).get("preStop", {})
        pause = hook.get("sleep", {}).get("seconds", 0)
        drain = API_DRAIN_SECONDS if name == "api" else DRAIN_SECONDS
        if pod["terminationGracePeriodSeconds"] < pause + drain + CLOSING_SECONDS:
            yield f"{name}: killed before its drain is over"
        if name == "api" and not pause:
            yield "api: stops before its endpoints know"


def spread(manifests: list[Manifest]) -> Iterator[str]:
    """Every service has a budget for disruptions and is spread over zones and nodes."""
    budgets, deployments = (
        of_kind(manifests, "PodDisruptionBudget"),
        of_kind(manifests, "Deployment"),
    )
    for name in SERVICES:
        spec = deployments[name]["spec"]
        if name not in budgets or budgets[name]["spec"]["selector"] != spec["selector"]:
            yield f"{name}: no PodDisruptionBudget of its pods"
        constraints = spec["template"]["spec"].get("topologySpreadConstraints", [])
        keys = {one["topologyKey"] for one in constraints}
        if keys != {"topology.kubernetes.io/zone", "kubernetes.io/hostname"}:
            yield f"{name}: not spread over zones and nodes"
        if any(one["labelSelector"] != spec["selector"] for one in constraints):
            yield f"{name}: spread by the labels of others"
