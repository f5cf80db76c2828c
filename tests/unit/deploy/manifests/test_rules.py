"""Each rule of the manifests: the real ones keep it, and broken on purpose they do not."""

import copy
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from deploy.manifests import link_rules, pod_rules, schemas
from deploy.manifests.__main__ import OVERLAYS, ROOT, RULES, Rule
from deploy.manifests.kustomize import Manifest, build

Spoil = Callable[[dict[str, Manifest]], Any]


@cache
def _built(name: str) -> list[Manifest]:
    return build(ROOT / "deploy" / "k8s" / "overlays" / name)


def spoiled(spoil: Spoil) -> list[Manifest]:
    """The production overlay after `spoil` has had it, by `Kind/name`."""
    manifests = copy.deepcopy(_built("production"))
    spoil({f"{one['kind']}/{one['metadata']['name']}": one for one in manifests})
    return manifests


def pod(found: dict[str, Manifest], name: str) -> dict[str, Any]:
    spec: dict[str, Any] = found[f"Deployment/{name}"]["spec"]["template"]["spec"]
    return spec


def box(found: dict[str, Manifest], name: str) -> dict[str, Any]:
    container: dict[str, Any] = pod(found, name)["containers"][0]
    return container


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_manifests_are_what_a_cluster_takes(overlay: str) -> None:
    assert list(schemas.wrong(_built(overlay))) == []


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_manifests_keep_every_rule(overlay: str, rule: Rule) -> None:
    assert list(rule(_built(overlay))) == []


BROKEN: dict[str, tuple[Rule, Spoil]] = {
    "root": (
        pod_rules.restricted,
        lambda found: pod(found, "api")["securityContext"].update(runAsNonRoot=False),
    ),
    "seccomp": (
        pod_rules.restricted,
        lambda found: pod(found, "api")["securityContext"].pop("seccompProfile"),
    ),
    "privileges": (
        pod_rules.restricted,
        lambda found: box(found, "api")["securityContext"].pop("allowPrivilegeEscalation"),
    ),
    "capabilities": (
        pod_rules.restricted,
        lambda found: box(found, "api")["securityContext"].update(
            capabilities={"drop": ["ALL"], "add": ["NET_RAW"]}
        ),
    ),
    "written root": (
        pod_rules.restricted,
        lambda found: box(found, "api")["securityContext"].update(readOnlyRootFilesystem=False),
    ),
    "no requests": (
        pod_rules.measured,
        lambda found: box(found, "sender")["resources"].pop("requests"),
    ),
    "no limit": (
        pod_rules.measured,
        lambda found: box(found, "sender")["resources"].pop("limits"),
    ),
    "no probe": (pod_rules.probed, lambda found: box(found, "status").pop("livenessProbe")),
    "probe elsewhere": (
        pod_rules.probed,
        lambda found: box(found, "api")["readinessProbe"]["httpGet"].update(port="metrics"),
    ),
    "killed in its drain": (
        pod_rules.drained,
        lambda found: pod(found, "webhooks").update(terminationGracePeriodSeconds=30),
    ),
    "no pause": (pod_rules.drained, lambda found: box(found, "api").pop("lifecycle")),
    "budget of others": (
        pod_rules.spread,
        lambda found: found["PodDisruptionBudget/api"]["spec"]["selector"]["matchLabels"].update(
            {"app.kubernetes.io/name": "sender"}
        ),
    ),
    "one zone": (
        pod_rules.spread,
        lambda found: pod(found, "api")["topologySpreadConstraints"].pop(0),
    ),
    "service of nobody": (
        link_rules.selected,
        lambda found: found["Service/api"]["spec"].update(selector={"app": "api"}),
    ),
    "policy of nobody": (
        link_rules.selected,
        lambda found: found["NetworkPolicy/world"]["spec"].update(
            podSelector={"matchLabels": {"app": "webhook"}}
        ),
    ),
    "misspelled setting": (
        link_rules.known,
        lambda found: found["ConfigMap/postroom"]["data"].update(POSTROOM_AWS_REGIO="x"),
    ),
    "no account": (
        link_rules.known,
        lambda found: pod(found, "api").update(serviceAccountName="apis"),
    ),
    "static key": (
        link_rules.keyless,
        lambda found: box(found, "sender")["env"].append({"name": "AWS_SECRET_ACCESS_KEY"}),
    ),
    "secret in clear": (
        link_rules.keyless,
        lambda found: box(found, "api")["env"].append({"name": "REDIS_URL", "value": "redis://x"}),
    ),
    "open by default": (
        link_rules.walled,
        lambda found: found["NetworkPolicy/nothing"]["spec"].update(policyTypes=["Ingress"]),
    ),
    "sender in the world": (
        link_rules.walled,
        lambda found: found["NetworkPolicy/aws"]["spec"]["egress"][0].update(
            to=[{"ipBlock": {"cidr": "0.0.0.0/0"}}]
        ),
    ),
    "sender to anybody": (
        link_rules.walled,
        lambda found: found["NetworkPolicy/aws"]["spec"]["egress"][0].pop("to"),
    ),
    "scales nobody": (
        link_rules.scaled,
        lambda found: found["ScaledObject/sender"]["spec"]["scaleTargetRef"].update(name="send"),
    ),
    "number of two": (
        link_rules.scaled,
        lambda found: found["Deployment/api"]["spec"].update(replicas=2),
    ),
    "watches nothing": (
        link_rules.watched,
        lambda found: found["ServiceMonitor/workers"]["spec"]["endpoints"][0].update(port="http"),
    ),
}


@pytest.mark.parametrize(("rule", "spoil"), BROKEN.values(), ids=BROKEN)
def test_a_rule_finds_what_breaks_it(rule: Rule, spoil: Spoil) -> None:
    assert len(list(rule(spoiled(spoil)))) >= 1


SENSELESS: dict[str, Spoil] = {
    "unknown key": lambda found: box(found, "api").update(livenesProbe={}),
    "wrong type": lambda found: pod(found, "api").update(terminationGracePeriodSeconds="45s"),
    "unknown version": lambda found: found["Deployment/api"].update(apiVersion="apps/v9"),
    "threshold that is no text": lambda found: found["ScaledObject/sender"]["spec"]["triggers"][0][
        "metadata"
    ].update(threshold=5),
    "misspelled trigger": lambda found: found["ScaledObject/sender"]["spec"].update(trigger=[]),
    "nobody left": lambda found: found["ScaledObject/sender"]["spec"].update(minReplicaCount=0),
    "misspelled endpoint": lambda found: found["ServiceMonitor/api"]["spec"]["endpoints"][0].update(
        intervall="15s"
    ),
}


@pytest.mark.parametrize("spoil", SENSELESS.values(), ids=SENSELESS)
def test_what_a_cluster_refuses_or_forgets_is_found(spoil: Spoil) -> None:
    assert len(list(schemas.wrong(spoiled(spoil)))) == 1
