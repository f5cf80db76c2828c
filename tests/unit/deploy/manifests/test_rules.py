"""Each rule of the manifests: the real ones keep it, and broken on purpose they do not."""

import pytest

from deploy.manifests import link_rules, pod_rules, schemas
from deploy.manifests.__main__ import OVERLAYS, RULES, Rule
from tests.unit.deploy.manifests.spoiling import Spoil, box, built, pod, spoiled


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_manifests_are_what_a_cluster_takes(overlay: str) -> None:
    assert list(schemas.wrong(built(overlay))) == []


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_manifests_keep_every_rule(overlay: str, rule: Rule) -> None:
    assert list(rule(built(overlay))) == []


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
    "misspelled setting of no prefix": (
        link_rules.known,
        lambda found: found["ConfigMap/postroom"]["data"].update(OTEL_EXPORTER_ENDPOINT="x"),
    ),
    "no account": (
        link_rules.known,
        lambda found: pod(found, "api").update(serviceAccountName="apis"),
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
