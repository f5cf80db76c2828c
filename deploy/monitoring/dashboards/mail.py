"""Is mail going out, how late, and how much more may go?"""

from typing import Final

from deploy.monitoring.dashboards.panels import Board, Line, Panel, by, quantiles

_FREE: Final = 'quota="free"'
BOARD: Final = Board(
    "postroom-mail",
    "Postroom: mail",
    (
        (
            "Is mail going out?",
            (
                Panel(
                    "Accepted and sent",
                    "Messages a second. Where more is accepted than sent, a queue grows.",
                    (
                        Line("sum(rate(postroom_messages_accepted_total[$__rate_interval]))", "in"),
                        Line("sum(rate(postroom_messages_sent_total[$__rate_interval]))", "to SES"),
                    ),
                    "ops",
                ),
                Panel(
                    "Sending is paused",
                    "1 while a sender stands still, by the reason. Normal: 0.",
                    (Line("max by (reason) (postroom_sending_paused)", "{{reason}}"),),
                    "bool",
                    line=1,
                ),
                Panel(
                    "Oldest message that waits",
                    "Since it was due. Normal: below a second, while the quota is free.",
                    (Line('max(postroom_queue_oldest_seconds{queue="sender"})', "oldest"),),
                    "s",
                    line=600,
                ),
            ),
        ),
        (
            "How late?",
            (
                Panel(
                    "Accepting a message",
                    "From the request to the commit. Promised: 99.9 % below 300 ms.",
                    quantiles("postroom_accept_seconds"),
                    "s",
                    line=0.3,
                ),
                Panel(
                    "Due to the first call of SES",
                    "While SES's quota is free. Promised: 99 % below 5 s.",
                    quantiles("postroom_due_to_first_call_seconds", _FREE),
                    "s",
                    line=5,
                ),
                Panel(
                    "One call of SES",
                    "SendEmail itself. Normal: some 100 ms.",
                    quantiles("postroom_ses_call_seconds"),
                    "s",
                ),
            ),
        ),
        (
            "What is left of the promises?",
            (
                Panel(
                    "Exceptions of three days, of those that may be",
                    "1: as many as the service level has room for. Above it, what was promised of"
                    " 30 days will not hold.",
                    (
                        Line("postroom:accept_errors:ratio_rate3d / 0.001", "accepted < 300 ms"),
                        Line("postroom:send_errors:ratio_rate3d / 0.01", "at SES < 5 s"),
                        Line("postroom:webhook_errors:ratio_rate3d / 0.01", "first try < 2 s"),
                    ),
                    line=1,
                ),
            ),
        ),
        (
            "How much more may go?",
            (
                Panel(
                    "SES's quota of 24 hours",
                    "Recipients. At the end of it nothing is sent until the oldest is a day old.",
                    (
                        Line("max(postroom_ses_quota_used)", "used"),
                        Line("max(postroom_ses_quota_max >= 0)", "max"),
                    ),
                ),
                Panel(
                    "Used of it",
                    "Ask SES for more in time.",
                    (Line("postroom:ses_quota_used:ratio", "used"),),
                    "percentunit",
                    line=0.8,
                ),
                Panel(
                    "Used of SES's rate",
                    "Recipients sent a second, and MaxSendRate. Near it, messages wait for a turn.",
                    (
                        Line("sum(rate(postroom_recipients_sent_total[$__rate_interval]))", "sent"),
                        Line("max(postroom_ses_max_send_rate)", "max"),
                    ),
                    "ops",
                ),
                Panel(
                    "Messages that waited for SES, and not",
                    "By whether SES's quota, its rate or its absence made them wait.",
                    (by("quota", "postroom_due_to_first_call_seconds_count"),),
                    "ops",
                ),
            ),
        ),
    ),
)
