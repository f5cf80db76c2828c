"""What does SES tell, and how does the account stand with it?"""

from typing import Final

from deploy.monitoring.dashboards.panels import Board, Line, Panel, by, quantiles

BOARD: Final = Board(
    "postroom-feedback",
    "Postroom: feedback",
    (
        (
            "How does the account stand with SES?",
            (
                Panel(
                    "Bounced for good, of a day's recipients",
                    "SES reviews an account from 5 % on, and may stop it from 10 %.",
                    (Line("postroom:bounces:ratio_increase1d", "bounces"),),
                    "percentunit",
                    line=0.05,
                ),
                Panel(
                    "Called spam, of a day's recipients",
                    "SES reviews an account from 0.1 % on, and may stop it from 0.5 %.",
                    (Line("postroom:complaints:ratio_increase1d", "complaints"),),
                    "percentunit",
                    line=0.001,
                ),
                Panel(
                    "Organizations that are paused",
                    "By the brake, for bounces or complaints, or by the operator.",
                    (Line("max by (type) (postroom_paused_organizations)", "{{type}}"),),
                ),
            ),
        ),
        (
            "What becomes of mail?",
            (
                Panel(
                    "Recipients",
                    "Of those sent most are delivered within seconds.",
                    (
                        Line("sum(rate(postroom_recipients_sent_total[$__rate_interval]))", "sent"),
                        Line(
                            "sum(rate(postroom_recipients_delivered_total[$__rate_interval]))",
                            "delivered",
                        ),
                        Line("sum(rate(postroom_bounces_total[$__rate_interval]))", "bounced"),
                    ),
                    "ops",
                ),
                Panel(
                    "Bounces",
                    "permanent counts for SES; withheld is on the account's own list; the others"
                    " may pass.",
                    (by("type", "postroom_bounces_total"),),
                    "ops",
                ),
                Panel(
                    "Complaints",
                    "spam counts for SES.",
                    (by("type", "postroom_complaints_total"),),
                    "ops",
                ),
            ),
        ),
        (
            "Does feedback arrive?",
            (
                Panel(
                    "Events by kind",
                    "SES tells `send` of each mail: where that stops, its way here is broken.",
                    (by("kind", "postroom_feedback_total"),),
                    "ops",
                ),
                Panel(
                    "Events by what became of them",
                    "unmatched: of no message of ours, yet. failed: stays in its queue.",
                    (by("outcome", "postroom_feedback_total"),),
                    "ops",
                ),
                Panel(
                    "From SES's time to ours",
                    "Normal: a second or two.",
                    quantiles("postroom_feedback_lag_seconds"),
                    "s",
                    line=60,
                ),
            ),
        ),
    ),
)
