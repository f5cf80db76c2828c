"""What watches the stack: Prometheus reaches everybody and can work out every rule, Alertmanager is
where it sends alerts, and Grafana has each dashboard and their data source.
"""

from typing import Any, Final

import httpx

from deploy.local.supervisor import Supervisor
from deploy.manifests.pod_rules import SERVICES
from deploy.monitoring import dashboards, files
from tests.compose.engine import BrokenError, Project

WATCHERS: Final = {"prometheus", "alertmanager", "grafana"}
JOBS: Final = {*SERVICES, "prometheus"}
FIRST_LOOK_SECONDS: Final = 90.0
"""Found by DNS, asked, and every rule worked out once: each happens every 15 s."""
UNKNOWN: Final = "unknown"
"""How Prometheus calls the health of what it has not looked at yet."""


def watched(stack: Project, supervisor: Supervisor) -> None:
    """Raises BrokenError for what does not hold, TooLateError for what does not come."""
    prometheus = stack.url("PROMETHEUS_PORT")
    supervisor.wait("Prometheus has asked all", lambda: _all_asked(prometheus), FIRST_LOOK_SECONDS)
    _well(_targets(prometheus), "up")
    supervisor.wait("each rule was tried", lambda: _all_tried(prometheus), FIRST_LOOK_SECONDS)
    _well(_rules(prometheus), "ok")
    heard = _ask(f"{prometheus}/api/v1/alertmanagers")["data"]["activeAlertmanagers"]
    if [one["url"] for one in heard] != ["http://alertmanager:9093/api/v2/alerts"]:
        raise BrokenError(f"Prometheus tells alerts to {heard}")
    _drawn(stack)


def _drawn(stack: Project) -> None:
    """Grafana has the dashboards, and its data source answers it."""
    grafana, key = stack.url("GRAFANA_PORT"), ("admin", stack.variables["GRAFANA_ADMIN_PASSWORD"])
    found = {one["uid"] for one in _ask(f"{grafana}/api/search?type=dash-db", key)}
    if wanting := {one["uid"] for one in dashboards.ALL} - found:
        raise BrokenError(f"Grafana has no {sorted(wanting)}")
    _ask(f"{grafana}/api/datasources/uid/prometheus/health", key)


def _all_asked(prometheus: str) -> bool:
    asked = {one["labels"]["job"] for one in _targets(prometheus) if one["health"] != UNKNOWN}
    return asked == JOBS


def _all_tried(prometheus: str) -> bool:
    wanted = sum(len(group["rules"]) for group in files.groups())
    return len([one for one in _rules(prometheus) if one["health"] != UNKNOWN]) == wanted


def _targets(prometheus: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _ask(f"{prometheus}/api/v1/targets")["data"]["activeTargets"]
    return found


def _rules(prometheus: str) -> list[dict[str, Any]]:
    groups = _ask(f"{prometheus}/api/v1/rules")["data"]["groups"]
    return [rule for group in groups for rule in group["rules"]]


def _well(found: list[dict[str, Any]], health: str) -> None:
    for one in found:
        if one["health"] != health:
            name = one.get("name") or one["scrapeUrl"]
            raise BrokenError(f"Prometheus: {name}: {one['health']}: {one.get('lastError')}")


def _ask(url: str, key: tuple[str, str] | None = None) -> Any:
    """JSON of an answer of 200. Proxies of the environment are for the internet, not for this."""
    try:
        answer = httpx.get(url, auth=key, timeout=10, trust_env=False)
    except httpx.HTTPError as failure:
        raise BrokenError(f"{url}: {failure!r}") from failure
    if not answer.is_success:
        raise BrokenError(f"{url} answered {answer.status_code}: {answer.text[:500]}")
    return answer.json()
