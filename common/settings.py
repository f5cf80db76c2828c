"""Every setting, its default, its unit in its name, and a sentence: this file is the manual.

Read once from the environment by a service's `__main__`, then passed on by hand. A setting that
is missing or wrong stops the process at its start, naming the setting.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, PositiveFloat, PositiveInt, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

CrashPoint = Annotated[str, Field(pattern=r"^[a-z_]+(:[1-9][0-9]*)?(@.+)?$")]
AdminKeys = Annotated[str, Field(pattern=r"^[^\s,]{32,}(,[^\s,]{32,})*$")]


def with_driver(url: str) -> str:
    """`postgresql://` and `postgres://` URLs are everybody's; SQLAlchemy wants the driver named."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in {"postgres", "postgresql", "postgresql+psycopg"}:
        raise ValueError("must be postgresql://user:password@host:port/database")
    return f"postgresql+psycopg://{rest}"


class Settings(BaseSettings):
    """The settings of one process. Names in the environment carry `POSTROOM_`, but the two URLs."""

    model_config = SettingsConfigDict(
        env_prefix="POSTROOM_", populate_by_name=True, hide_input_in_errors=True, frozen=True
    )

    database_url: Annotated[
        str,
        AfterValidator(with_driver),
        Field(validation_alias="DATABASE_URL", repr=False, description="Postgres 15 or newer."),
    ]
    redis_url: Annotated[
        str, Field(validation_alias="REDIS_URL", repr=False, description="Redis or Valkey.")
    ]
    redis_prefix: Annotated[
        str, Field(description="Put before every key, so that installations can share a Redis.")
    ] = "postroom"

    host: Annotated[str, Field(description="Where the API listens.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="Where the API listens.")] = 8000
    metrics_port: Annotated[
        int, Field(ge=0, le=65535, description="A worker's /metrics; 0 serves none.")
    ] = 9000
    metrics_host: Annotated[str, Field(description="A worker's /metrics.")] = "127.0.0.1"
    log_format: Annotated[
        Literal["auto", "json", "console"],
        Field(description="auto: lines for people on a terminal, JSON elsewhere."),
    ] = "auto"
    log_level: Annotated[str, Field(description="DEBUG, INFO, WARNING or ERROR.")] = "INFO"
    otel_exporter_otlp_endpoint: Annotated[
        str | None,
        Field(
            validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT",
            repr=False,
            pattern="^(https?://.+)?$",
            description="Collector of traces, by OTLP over HTTP; without one there are none.",
        ),
    ] = None

    default_domain: Annotated[
        str | None, Field(description="An inbox created without an email gets an address here.")
    ] = None
    sends_per_hour: Annotated[
        PositiveInt, Field(description="An hour; an organization may have a limit of its own.")
    ] = 100
    thread_replies_per_hour: Annotated[
        PositiveInt, Field(description="In one thread: no two programs answer forever.")
    ] = 20
    max_body_bytes: Annotated[
        PositiveInt, Field(description="A request's body; SES takes 40 MB of MIME (v2).")
    ] = 42_000_000
    aws_url: Annotated[
        str | None, Field(description="Endpoint of SES, SQS and S3 instead of AWS's own.")
    ] = None
    aws_region: Annotated[str, Field(description="Region of SES and SQS.")] = "us-east-1"
    configuration_set: Annotated[
        str, Field(description="SES configuration set that publishes events to the queue.")
    ] = "postroom"
    feedback_queue_url: Annotated[
        str | None, Field(description="SQS queue of SES's events; the status worker needs it.")
    ] = None
    inbound_queue_url: Annotated[
        str | None, Field(description="SQS queue of received mail; the inbound worker needs it.")
    ] = None

    inbound_parsers: Annotated[
        PositiveInt, Field(description="Processes that read received mail, one mail each.")
    ] = 4
    inbound_parse_seconds: Annotated[
        PositiveFloat, Field(description="After which a mail counts as one that cannot be read.")
    ] = 10.0
    tick_seconds: Annotated[
        PositiveFloat, Field(description="How often a worker looks for work without a ring.")
    ] = 1.0
    sender_threads: Annotated[PositiveInt, Field(description="Calls to SES at one time.")] = 32
    send_lease_seconds: Annotated[
        PositiveFloat,
        Field(description="How long a sender holds a message; above both SES timeouts together."),
    ] = 60.0
    sender_processes: Annotated[
        PositiveInt,
        Field(description="Senders that share the rate while Redis cannot count them."),
    ] = 1
    max_send_rate: Annotated[
        PositiveFloat | None, Field(description="Recipients a second, below SES's MaxSendRate.")
    ] = None
    ambiguous_send: Annotated[
        Literal["hold", "resend"],
        Field(description="What SES may have: hold (told, not sent again), resend (maybe twice)."),
    ] = "hold"
    ambiguous_grace_seconds: Annotated[
        PositiveFloat, Field(description="How long an event of SES may yet tell what SES has.")
    ] = 600.0
    ses_connect_timeout_seconds: Annotated[PositiveFloat, Field(description="To SES.")] = 3.0
    ses_read_timeout_seconds: Annotated[PositiveFloat, Field(description="From SES.")] = 20.0
    secret_keys: Annotated[
        str | None,
        Field(
            repr=False,
            description="Seal webhook secrets: ID:BASE64 of 32 random bytes, the newest first.",
        ),
    ] = None
    webhook_connections: Annotated[PositiveInt, Field(description="Webhook calls at a time.")] = 512
    webhook_endpoint_limit: Annotated[
        PositiveInt, Field(description="Of those, how many to one endpoint.")
    ] = 64
    delivery_lease_seconds: Annotated[
        PositiveFloat,
        Field(description="How long a webhook worker holds a delivery; above 3 x its timeout."),
    ] = 60.0
    webhook_timeout_seconds: Annotated[
        PositiveFloat, Field(description="One attempt at an endpoint, from first to last byte.")
    ] = 15.0
    egress_proxy_url: Annotated[
        str | None,
        Field(
            repr=False,
            validation_alias="EGRESS_PROXY_URL",
            description="An HTTP proxy for webhook calls (http://...), such as smokescreen.",
        ),
    ] = None
    webhook_allow_private: Annotated[
        bool, Field(description="Webhooks to http:// and private addresses: local mode only.")
    ] = False
    keep_events_days: Annotated[
        int, Field(ge=4, description="Events, their deliveries and attempts (retries take 3 days).")
    ] = 30
    keep_feedback_days: Annotated[
        int, Field(ge=1, description="What SES has reported, raw; what it meant stays.")
    ] = 30
    brake: Annotated[
        bool, Field(description="Pause who bounces, or is called spam, too often.")
    ] = True
    brake_bounce_rate: Annotated[
        float, Field(gt=0, le=1, description="Of its last 1,000 sends: more hard bounces pause it.")
    ] = 0.05
    brake_complaint_rate: Annotated[
        float, Field(gt=0, le=1, description="Of its last 1,000 sends: more complaints pause it.")
    ] = 0.001
    hold_sends: Annotated[bool, Field(description="Send nothing: on a restored copy.")] = False
    hold_webhooks: Annotated[bool, Field(description="Call no webhook: there too.")] = False
    admin_keys: Annotated[
        AdminKeys | None, Field(repr=False, description="Of administrators, by commas.")
    ] = None
    testing: Annotated[
        bool, Field(description="Lets POSTROOM_CRASH_AT be set; never in production.")
    ] = False
    crash_at: Annotated[
        CrashPoint | None,
        Field(description="Where the process kills itself, for tests: point[:every][@label]."),
    ] = None

    @model_validator(mode="after")
    def _leases_outlast_calls(self) -> "Settings":
        """A lease that ends while its holder still waits for an answer gives the job away twice."""
        ses = self.ses_connect_timeout_seconds + self.ses_read_timeout_seconds
        if self.send_lease_seconds <= ses:
            raise ValueError("POSTROOM_SEND_LEASE_SECONDS must be above both SES timeouts together")
        if self.delivery_lease_seconds <= 3 * self.webhook_timeout_seconds:
            # A delivery may wait in its worker for two whole attempts before its own.
            raise ValueError("POSTROOM_DELIVERY_LEASE_SECONDS must be above 3 x its timeout")
        return self

    @model_validator(mode="after")
    def _crashes_only_in_tests(self) -> "Settings":
        if self.crash_at is not None and not self.testing:
            raise ValueError("POSTROOM_CRASH_AT is for tests: it needs POSTROOM_TESTING=true")
        return self

    @property
    def wire_domain(self) -> str:
        """The right side of the Message-ID that SES stamps: `email.amazonses.com` in us-east-1,
        `REGION.amazonses.com` elsewhere. AWS documents no format; nodemailer and e2a do the same.
        """
        first = "email" if self.aws_region == "us-east-1" else self.aws_region
        return f"{first}.amazonses.com"
