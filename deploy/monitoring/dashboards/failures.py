"""What fails, and why?"""

from typing import Final

from deploy.monitoring.dashboards.panels import Board, Line, Panel, by, quantile

BOARD: Final = Board(
    "postroom-failures",
    "Postroom: failures",
    (
        (
            "What is not sent?",
            (
                Panel(
                    "Never will be",
                    "By SES's code: MessageRejected, ComposeError, KilledSenders, ...",
                    (by("reason", "postroom_messages_failed_total"),),
                    "ops",
                ),
                Panel(
                    "Tried again",
                    "By SES's code. TooManyRequests now and then is normal.",
                    (by("reason", "postroom_send_retries_total"),),
                    "ops",
                ),
                Panel(
                    "Share that never will be",
                    "Of 30 minutes. Normal: what your customers' mistakes make.",
                    (Line("postroom:messages_failed:ratio_rate30m", "failed"),),
                    "percentunit",
                    line=0.1,
                ),
            ),
        ),
        (
            "Of which does nobody know whether SES has them?",
            (
                Panel(
                    "Unknown",
                    "Timeouts, resets, senders that vanished. Normal: 0.",
                    (by("reason", "postroom_sends_unknown_total"),),
                    "ops",
                ),
                Panel(
                    "What became of them",
                    "healed: an event of SES has told. held: never sent again by itself.",
                    (by("end", "postroom_ambiguous_sends_total"),),
                    "ops",
                ),
                Panel(
                    "Went out twice, and were kept from it",
                    "Fenced: a sender that was too late was refused. Doubly sent: normal is 0.",
                    (
                        Line("sum(increase(postroom_double_sends_total[1h]))", "doubly sent"),
                        Line(
                            "sum by (step) (increase(postroom_sends_fenced_total[1h]))", "{{step}}"
                        ),
                    ),
                ),
            ),
        ),
        (
            "What does the API refuse, and how fast is it?",
            (
                Panel(
                    "Answers by their class",
                    "4xx is the callers', 5xx ours.",
                    (by("status", "postroom_requests_total"),),
                    "reqps",
                ),
                Panel(
                    "Sends and replies that were refused",
                    "By the code in the answer.",
                    (by("code", "postroom_messages_refused_total"),),
                    "reqps",
                ),
                Panel(
                    "Requests that are slow",
                    "99 of 100 are faster, by route. Waits and the stream of events take long on"
                    " purpose.",
                    (
                        Line(
                            "topk(10, histogram_quantile(0.99, sum by (le, route, method)"
                            " (rate(postroom_request_seconds_bucket[$__rate_interval]))))",
                            "{{method}} {{route}}",
                        ),
                    ),
                    "s",
                ),
            ),
        ),
        (
            "What of received mail?",
            (
                Panel(
                    "Received",
                    "unparsed: stored, with the reason, and not read. nobody: no inbox of ours.",
                    (by("outcome", "postroom_mails_received_total"),),
                    "ops",
                ),
                Panel(
                    "Parsing processes that ended",
                    "By the reason. crashed: a mail took too much. recycled is normal.",
                    (by("reason", "postroom_parser_children_ended_total"),),
                    "ops",
                ),
                Panel(
                    "From taking a mail in hand to its commit",
                    "99 of 100 are faster.",
                    (Line(quantile(0.99, "postroom_receive_seconds"), "p99"),),
                    "s",
                ),
            ),
        ),
    ),
)
