"""What GetAccount says of the account's sending, and the gauges that show it.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from prometheus_client import Gauge

from services.sender.ses import Halt

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

RATE: Final = Gauge(
    "postroom_ses_max_send_rate", "Recipients a second that SES takes (MaxSendRate)"
)
MOST: Final = Gauge(
    "postroom_ses_quota_max", "Recipients that SES takes in 24 hours (Max24HourSend); -1: no limit"
)
USED: Final = Gauge(
    "postroom_ses_quota_used", "Recipients of the last 24 hours, as SES counts (SentLast24Hours)"
)
LEFT: Final = Gauge("postroom_ses_quota_left", "Recipients left of the 24 hours; -1: no limit")


@dataclass(frozen=True, slots=True)
class Quota:
    """`rate`: recipients a second. `most`: recipients of 24 hours, None without a limit; `used`: of
    the last ones. `obstacle`: why nothing may be sent, if so.
    """

    rate: float
    most: float | None
    used: float
    obstacle: Halt | None

    @property
    def left(self) -> float | None:
        """Recipients; None without a limit."""
        return None if self.most is None else max(0.0, self.most - self.used)

    def show(self) -> None:
        """In the gauges."""
        RATE.set(self.rate)
        MOST.set(-1 if self.most is None else self.most)
        USED.set(self.used)
        LEFT.set(-1 if self.left is None else self.left)


def read(client: "SESV2Client") -> Quota:
    """Ask SES. Raises what boto3 does."""
    answer = client.get_account()
    told = answer["SendQuota"]
    most = None if told["Max24HourSend"] < 0 else told["Max24HourSend"]
    used = told["SentLast24Hours"]
    obstacle: Halt | None = None
    if answer.get("EnforcementStatus") == "SHUTDOWN":
        obstacle = "suspended"
    elif not answer.get("SendingEnabled", True):
        obstacle = "paused"
    elif most is not None and most - used < 1:
        obstacle = "quota"
    return Quota(told["MaxSendRate"], most, used, obstacle)
