"""The SES account: its quota, its sending rate, and whether it may send at all.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html
"""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.local.aws import rest_json
from deploy.local.aws.errors import AwsError

UNLIMITED = -1
BURST_SECONDS = 2  # a sender that keeps MaxSendRate over every 2 s is never throttled


class Account(BaseModel):
    """What `POST /account` sets, all at once; `{}` goes back to an account in nobody's way."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    max_24_hour_send: Annotated[float, Field(alias="max24HourSend", ge=UNLIMITED)] = 10_000_000
    max_send_rate: Annotated[float, Field(alias="maxSendRate", gt=0)] = 1_000
    sent_last_24_hours: Annotated[float, Field(alias="sentLast24Hours", ge=0)] = 0
    sending_enabled: Annotated[bool, Field(alias="sendingEnabled")] = True
    production_access: Annotated[bool, Field(alias="productionAccessEnabled")] = True
    enforcement: Annotated[
        Literal["HEALTHY", "PROBATION", "SHUTDOWN"], Field(alias="enforcementStatus")
    ] = "HEALTHY"


class Allowance:
    """Counts recipients against the account, as SES does: a mail to five costs five."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.set(Account())

    def set(self, account: Account) -> None:
        self.account = account
        # Counted since the account was set: a double that runs longer than a day shows too much.
        self.sent = account.sent_last_24_hours
        self._tokens = BURST_SECONDS * account.max_send_rate
        self._counted_at = self._clock()

    def check_open(self) -> None:
        """Raises what SES answers while the account may not send."""
        if self.account.enforcement == "SHUTDOWN":
            raise AwsError("AccountSuspendedException", "Account is suspended.")
        if not self.account.sending_enabled:
            raise AwsError("SendingPausedException", "Account sending is disabled.")

    def charge(self, recipients: int) -> None:
        """Raises LimitExceeded past the quota and TooManyRequests past the rate, charging nothing.

        A mail to many is let through while anything is left, and the next ones wait for it
        (https://github.com/django-ses/django-ses/issues/59).
        """
        limit = self.account.max_24_hour_send
        if limit != UNLIMITED and self.sent + recipients > limit:
            raise AwsError("LimitExceededException", "Daily message quota exceeded.")
        now, rate = self._clock(), self.account.max_send_rate
        self._tokens = min(BURST_SECONDS * rate, self._tokens + (now - self._counted_at) * rate)
        self._counted_at = now
        if self._tokens <= 0:
            words = "Maximum sending rate exceeded."
            raise AwsError("TooManyRequestsException", words, HTTPStatus.TOO_MANY_REQUESTS)
        self._tokens -= recipients
        self.sent += recipients

    async def get(self, _: Request) -> Response:
        quota = {
            "Max24HourSend": self.account.max_24_hour_send,
            "MaxSendRate": self.account.max_send_rate,
            "SentLast24Hours": self.sent,
        }
        return rest_json.answer(
            {
                "DedicatedIpAutoWarmupEnabled": False,
                "EnforcementStatus": self.account.enforcement,
                "ProductionAccessEnabled": self.account.production_access,
                "SendingEnabled": self.account.sending_enabled,
                "SendQuota": quota,
                "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
            }
        )

    def routes(self) -> list[Route]:
        return [Route("/v2/email/account", self.get, methods=["GET"])]
