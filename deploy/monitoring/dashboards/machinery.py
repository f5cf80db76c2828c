"""Do the processes keep up, and what do they wait for?"""

from typing import Final

from deploy.monitoring.dashboards.panels import Board, Line, Panel, by, quantile

_OURS: Final = 'job=~"api|sender|status|inbound|webhooks"'
BOARD: Final = Board(
    "postroom-machinery",
    "Postroom: queues and machinery",
    (
        (
            "Do the queues move?",
            (
                Panel(
                    "Age of the oldest row that waits",
                    "sender: messages. webhooks: deliveries. feedback: events that have not found"
                    " their message yet, which may take some seconds.",
                    (Line("max by (queue) (postroom_queue_oldest_seconds)", "{{queue}}"),),
                    "s",
                    line=300,
                ),
                Panel(
                    "Received mail in SQS",
                    "visible waits; in_flight is being worked on.",
                    (Line("max by (state) (postroom_inbound_queue_messages)", "{{state}}"),),
                    line=100,
                ),
                Panel(
                    "Doorbells",
                    "failed: Redis does not answer, and work is found a second later.",
                    (by("outcome", "postroom_rings_total"),),
                    "ops",
                ),
            ),
        ),
        (
            "Are the processes up, and what do they take?",
            (
                Panel(
                    "Processes that answer",
                    "By service.",
                    (Line(f"sum by (job) (up{{{_OURS}}})", "{{job}}"),),
                ),
                Panel(
                    "CPU",
                    "Cores, by service. One process uses little more than one.",
                    (
                        Line(
                            "sum by (job) (rate(process_cpu_seconds_total"
                            f"{{{_OURS}}}[$__rate_interval]))",
                            "{{job}}",
                        ),
                    ),
                ),
                Panel(
                    "Memory",
                    "Resident, the largest process of each service.",
                    (Line(f"max by (job) (process_resident_memory_bytes{{{_OURS}}})", "{{job}}"),),
                ),
            ),
        ),
        (
            "Does anything wait for the database or for Redis?",
            (
                Panel(
                    "Waits for a connection of the pool",
                    "How many wait at any time, by service. Normal: 0.",
                    (
                        Line(
                            "sum by (job)"
                            " (rate(postroom_db_pool_wait_seconds_sum[$__rate_interval]))",
                            "{{job}}",
                        ),
                    ),
                    line=1,
                ),
                Panel(
                    "And how long",
                    "99 of 100 of those that had to wait, wait less.",
                    (Line(quantile(0.99, "postroom_db_pool_wait_seconds"), "p99"),),
                    "s",
                ),
                Panel(
                    "Pace kept without Redis",
                    "By the error. Each sender then keeps to its own share.",
                    (by("error", "postroom_pacing_fallbacks_total"),),
                    "ops",
                ),
            ),
        ),
        (
            "Is what is old cleared away?",
            (
                Panel(
                    "Rows deleted because of their age",
                    "By table.",
                    (by("table", "postroom_purged_rows_total"),),
                    "ops",
                ),
                Panel(
                    "Messages made findable by their words",
                    "Follows what is accepted and received.",
                    (
                        Line(
                            "sum(rate(postroom_search_indexed_total[$__rate_interval]))", "indexed"
                        ),
                    ),
                    "ops",
                ),
            ),
        ),
    ),
)
