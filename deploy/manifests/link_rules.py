"""What our manifests promise of each other: what is named is there, and who may reach whom.

A rule yields a sentence for each thing that breaks it.
"""

import ipaddress
from collections.abc import Iterator
from typing import Any

from deploy.manifests.kustomize import Manifest
from deploy.manifests.looking import is_known, named_pods, of_kind, variables
from deploy.manifests.pod_rules import SERVICES


def selected(manifests: list[Manifest]) -> Iterator[str]:
    """What selects pods selects some: a wrong label would be silence."""
    labels: list[dict[str, str]] = [
        one["spec"]["template"]["metadata"]["labels"]
        for one in manifests
        if "template" in one.get("spec", {})
    ]
    for kind, where in (("Service", "selector"), ("NetworkPolicy", "podSelector")):
        for name, manifest in of_kind(manifests, kind).items():
            selector = manifest["spec"][where]
            plain = selector if kind == "Service" else selector.get("matchLabels", {})
            if not any(plain.items() <= one.items() for one in labels):
                yield f"{kind} {name}: selects no pod"


def known(manifests: list[Manifest]) -> Iterator[str]:
    """Every variable of ours is a setting, and every account and map that is named is there."""
    accounts, maps = of_kind(manifests, "ServiceAccount"), of_kind(manifests, "ConfigMap")
    for name, pod in named_pods(manifests):
        if pod.get("serviceAccountName", "default") not in {*accounts, "default"}:
            yield f"{name}: no such ServiceAccount"
        for container in pod["containers"]:
            for source in container.get("envFrom", []):
                if source["configMapRef"]["name"] not in maps:
                    yield f"{name}: no such ConfigMap"
    # Others' pods, such as the local Postgres, have variables of their own.
    ours = [one for one in manifests if one["metadata"]["name"] in {*SERVICES, "migrate"}]
    for variable in variables([*ours, *maps.values()]):
        if not is_known(variable):
            yield f"{variable}: no such setting"


def walled(manifests: list[Manifest]) -> Iterator[str]:
    """Everything is shut by default, and the webhook workers alone reach public addresses."""
    policies = of_kind(manifests, "NetworkPolicy")
    shut: dict[str, Any] = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    if shut not in [one["spec"] for one in policies.values()]:
        yield "no NetworkPolicy shuts everything by default"
    for name, policy in policies.items():
        spec = policy["spec"]
        peers = [peer for rule in spec.get("egress", []) for peer in rule.get("to", [{}])]
        blocks = [peer.get("ipBlock", {}).get("cidr", "") for peer in peers]
        world = {} in peers or any(not _private(block) for block in blocks if block)
        if world and spec["podSelector"] != {"matchLabels": {"app.kubernetes.io/name": "webhooks"}}:
            yield f"NetworkPolicy {name}: lets others than the webhook workers into the world"


def _private(block: str) -> bool:
    return ipaddress.ip_network(block).is_private


def scaled(manifests: list[Manifest]) -> Iterator[str]:
    """An autoscaler scales a Deployment that is there, whose number nobody else sets."""
    deployments = of_kind(manifests, "Deployment")
    scalers = of_kind(manifests, "HorizontalPodAutoscaler") | of_kind(manifests, "ScaledObject")
    for name, scaler in scalers.items():
        target = scaler["spec"]["scaleTargetRef"]["name"]
        if target not in deployments:
            yield f"{name}: scales {target}, which is not there"
        elif "replicas" in deployments[target]["spec"]:
            yield f"{target}: its replicas are the autoscaler's"


def watched(manifests: list[Manifest]) -> Iterator[str]:
    """A ServiceMonitor finds a Service, by its labels, and asks at a port that this has."""
    services = of_kind(manifests, "Service").values()
    for name, monitor in of_kind(manifests, "ServiceMonitor").items():
        wanted = monitor["spec"]["selector"]["matchLabels"]
        found = [one for one in services if wanted.items() <= one["metadata"]["labels"].items()]
        ports = {port["name"] for one in found for port in one["spec"]["ports"]}
        if not found or any(end["port"] not in ports for end in monitor["spec"]["endpoints"]):
            yield f"ServiceMonitor {name}: finds no Service with that port"
