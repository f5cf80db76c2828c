"""Whether manifests are what the API server takes: `kubernetes-validate --strict`, and for kinds
that a cluster learns from elsewhere (KEDA, the Prometheus operator) schemas of our own.

The schemas know only what deploy/k8s uses, and no other key: a key that is misspelled would be
pruned by the API server without a word.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import jsonschema  # type: ignore[import-untyped]
import kubernetes_validate  # type: ignore[import-untyped]

from deploy.manifests.kustomize import Manifest, identity

KUBERNETES: Final = "1.31"
"""The oldest that the manifests are for: `preStop.sleep` is on by default since 1.30."""


def _map(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": required | (optional or {}),
        "required": list(required),
        "additionalProperties": False,
    }


_TEXT: Final = {"type": "string", "minLength": 1}
_COUNT: Final = {"type": "integer", "minimum": 1}
_TEXTS: Final = {"type": "object", "additionalProperties": _TEXT}
_DURATION: Final = {"type": "string", "pattern": "^[0-9]+(ms|s|m|h)$"}

# https://keda.sh/docs/latest/reference/scaledobject-spec and .../scalers/prometheus
_TRIGGER: Final = _map(
    {
        "type": {"const": "prometheus"},
        "metricType": {"enum": ["AverageValue", "Value"]},
        # All of it text, as KEDA's metadata is a map of strings: a threshold of 5 is refused.
        "metadata": _map({"serverAddress": _TEXT, "query": _TEXT, "threshold": _TEXT}),
    }
)
_SCALED: Final = _map(
    {
        "scaleTargetRef": _map({"name": _TEXT}),
        "minReplicaCount": _COUNT,  # 0 would leave nobody to look at the queue
        "maxReplicaCount": _COUNT,
        "triggers": {"type": "array", "minItems": 1, "items": _TRIGGER},
    },
    {
        "pollingInterval": _COUNT,
        "cooldownPeriod": _COUNT,
        "fallback": _map({"failureThreshold": _COUNT, "replicas": _COUNT}),
    },
)
# https://prometheus-operator.dev/docs/api-reference/api, ServiceMonitorSpec
_RELABELING: Final = _map(
    {"sourceLabels": {"type": "array", "items": _TEXT}, "targetLabel": _TEXT},
)
_MONITORED: Final = _map(
    {
        "selector": _map({"matchLabels": _TEXTS}),
        "endpoints": {
            "type": "array",
            "minItems": 1,
            "items": _map(
                {"port": _TEXT, "path": _TEXT, "interval": _DURATION},
                {"relabelings": {"type": "array", "items": _RELABELING}},
            ),
        },
    },
)
# PrometheusRuleSpec, ibid. promtool reads the same rules (deploy/monitoring).
_ALERTING: Final = _map(
    {"alert": _TEXT, "expr": _TEXT, "labels": _TEXTS, "annotations": _TEXTS}, {"for": _DURATION}
)
_RULES: Final = {
    "type": "array",
    "minItems": 1,
    "items": {"anyOf": [_map({"record": _TEXT, "expr": _TEXT}), _ALERTING]},
}
_RULED: Final = _map(
    {
        "groups": {
            "type": "array",
            "minItems": 1,
            "items": _map({"name": _TEXT, "rules": _RULES}, {"interval": _DURATION}),
        }
    }
)
_METADATA: Final = _map({"name": _TEXT}, {"namespace": _TEXT, "labels": _TEXTS})

OTHERS: Final = {
    ("keda.sh/v1alpha1", "ScaledObject"): _SCALED,
    ("monitoring.coreos.com/v1", "ServiceMonitor"): _MONITORED,
    ("monitoring.coreos.com/v1", "PrometheusRule"): _RULED,
}


def wrong(manifests: Iterable[Manifest]) -> Iterator[str]:
    """One sentence for each manifest that an API server would refuse, or read otherwise."""
    for manifest in manifests:
        _, kind, name = identity(manifest)
        try:
            _check(manifest)
        except jsonschema.ValidationError as error:
            where = ".".join(str(step) for step in error.absolute_path)
            yield f"{kind} {name}: {where}: {error.message[:200]}"
        except kubernetes_validate.utils.SchemaNotFoundError as unknown:
            yield f"{kind} {name}: {unknown.message}"


def _check(manifest: Manifest) -> None:
    own = OTHERS.get(identity(manifest)[:2])
    if own is None:
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
        return
    whole = _map({"apiVersion": _TEXT, "kind": _TEXT, "metadata": _METADATA, "spec": own})
    jsonschema.Draft202012Validator(whole).validate(manifest)
