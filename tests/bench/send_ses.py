"""`python -m tests.bench.send_ses PORT`: SES v2 that takes everything, 50 ms after it was asked.

`GET /count` tells how many mails came, `GET /calls` when (seconds) each did, and forgets them.
"""

import sys
import time

import orjson

from tests.bench.small_http import Answer, serve

LATENCY_SECONDS = 0.05
_SEND = b"POST /v2/email/outbound-emails"
_ACCOUNT = orjson.dumps(
    {
        "EnforcementStatus": "HEALTHY",
        "ProductionAccessEnabled": True,
        "SendingEnabled": True,
        # Far above what any sender here does, so that the pace is asked for, and never waited for.
        "SendQuota": {"Max24HourSend": -1, "MaxSendRate": 1_000_000, "SentLast24Hours": 0},
    }
)


class Ses:
    """What came, and an answer for each."""

    def __init__(self) -> None:
        self._calls: list[float] = []
        self._number = 0

    def answer(self, head: bytes, _: bytes) -> Answer:
        """To one request."""
        if head.startswith(_SEND):
            self._calls.append(time.monotonic())
            self._number += 1
            given = f"0100019aab3c7f10-5d0c3a52-7d1e-4c2b-9d0f-{self._number:012x}-000000"
            return Answer(b'{"MessageId":"%s"}' % given.encode(), LATENCY_SECONDS)
        if head.startswith(b"GET /count"):
            return Answer(orjson.dumps(len(self._calls)))
        if head.startswith(b"GET /calls"):
            calls, self._calls = self._calls, []
            return Answer(orjson.dumps(calls))
        return Answer(_ACCOUNT)


if __name__ == "__main__":
    serve(int(sys.argv[1]), Ses().answer)
