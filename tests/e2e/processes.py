"""The product's processes as an operator sees them: their metrics and their logs."""

import json
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.local import Local

SERVICES = ("api", "sender", "status", "inbound", "webhooks")

Line = dict[str, Any]
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def log_lines(local: Local, service: str) -> list[Line]:
    """Each line of a service's log is one JSON object, or this raises."""
    text = (local.state.logs / f"{service}.log").read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]  # the last line may be half written
    return [json.loads(line) for line in whole.splitlines()]


def metrics_url(local: Local, service: str) -> str:
    if service == "api":
        return f"{local.url}/metrics"
    ready = [line for line in log_lines(local, service) if line["event"] == "worker.ready"]
    return f"http://127.0.0.1:{ready[-1]['metrics_port']}/metrics"


def metrics_text(local: Local, service: str) -> str:
    answer = httpx.get(metrics_url(local, service), timeout=10, trust_env=False)
    assert answer.status_code == 200
    return answer.text


def samples(local: Local, service: str) -> Samples:
    """All values of a service, by name and labels."""
    return {
        (one.name, frozenset(one.labels.items())): one.value
        for family in text_string_to_metric_families(metrics_text(local, service))
        for one in family.samples
    }
