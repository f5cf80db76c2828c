"""Do customers hear of it, and whose endpoints are in trouble?"""

from typing import Final

from deploy.monitoring.dashboards.panels import Board, Line, Panel, by, quantiles

_WELL: Final = 'endpoint="well"'
BOARD: Final = Board(
    "postroom-webhooks",
    "Postroom: webhooks",
    (
        (
            "Do customers hear of it?",
            (
                Panel(
                    "Calls by their answer",
                    "error: no answer at all.",
                    (by("outcome", "postroom_attempts_total"),),
                    "ops",
                ),
                Panel(
                    "Deliveries by what came of them",
                    "exhausted: given up after all tries.",
                    (by("outcome", "postroom_deliveries_total"),),
                    "ops",
                ),
                Panel(
                    "Calls that fail",
                    "Of 15 minutes.",
                    (Line("postroom:attempts_failed:ratio_rate15m", "failed"),),
                    "percentunit",
                    line=0.5,
                ),
            ),
        ),
        (
            "How late?",
            (
                Panel(
                    "Event to the first try",
                    "At endpoints that do well. Promised: 99 % below 2 s.",
                    quantiles("postroom_event_to_first_try_seconds", _WELL),
                    "s",
                    line=2,
                ),
                Panel(
                    "Event to the endpoint's 2xx",
                    "All tries and all endpoints.",
                    quantiles("postroom_event_to_delivered_seconds"),
                    "s",
                ),
                Panel(
                    "Oldest delivery that waits",
                    "For an endpoint that does well. Normal: below a second.",
                    (Line('max(postroom_queue_oldest_seconds{queue="webhooks"})', "oldest"),),
                    "s",
                    line=300,
                ),
            ),
        ),
        (
            "How do endpoints do?",
            (
                Panel(
                    "Endpoints by state",
                    "open: probed now and then. disabled: by us. off: by their owner.",
                    (Line("max by (state) (postroom_webhook_endpoints)", "{{state}}"),),
                ),
                Panel(
                    "Endpoints that changed",
                    "opened: left alone after ten failures. closed: well again.",
                    (
                        Line(
                            "sum by (change) (increase(postroom_endpoints_total[1h]))", "{{change}}"
                        ),
                    ),
                ),
            ),
        ),
        (
            "Which are the worst? The twenty that have failed longest",
            (
                Panel(
                    "Failing for",
                    "After five days an endpoint is disabled.",
                    (
                        Line(
                            "sort_desc(max by (webhook_id) (postroom_webhook_failing_seconds))",
                            "{{webhook_id}}",
                        ),
                    ),
                    "s",
                    line=86_400,
                    kind="table",
                ),
                Panel(
                    "Failures in a row",
                    "Ten open the circuit.",
                    (Line("max by (webhook_id) (postroom_webhook_failures)", "{{webhook_id}}"),),
                ),
                Panel(
                    "Age of what waits for it",
                    "Since the event.",
                    (
                        Line(
                            "max by (webhook_id) (postroom_webhook_oldest_seconds)",
                            "{{webhook_id}}",
                        ),
                    ),
                    "s",
                ),
            ),
        ),
    ),
)
