"""`python -m tests.bench.send_bare COUNT THREADS`: what the sender is measured against, boto3 in a
loop, with the product's client of SES, and one mail that was written before.
"""

import sys
from concurrent.futures import ThreadPoolExecutor

from common import aws
from common.settings import Settings
from services.sender.compose import compose
from tests.bench.compose import SMALL


def main(count: int, threads: int) -> None:
    """Send `count` mails by so many threads. Raises what boto3 does."""
    settings = Settings()
    client = aws.client(
        settings,
        "sesv2",
        connect_timeout=settings.ses_connect_timeout_seconds,
        read_timeout=settings.ses_read_timeout_seconds,
        connections=threads + 1,
    )
    mime = b"".join(compose(SMALL))
    left = iter(range(count))  # threads may share it: who asks gets the next

    def send() -> None:
        for number in left:
            client.send_email(
                FromEmailAddress=SMALL.from_.email,
                Destination={"ToAddresses": [SMALL.to[0].email]},
                Content={"Raw": {"Data": mime}},
                ConfigurationSetName=settings.configuration_set,
                EmailTags=[
                    {"Name": "postroom_message", "Value": SMALL.message_id},
                    {"Name": "postroom_attempt", "Value": str(number)},
                ],
            )

    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(send) for _ in range(threads)]:
            done.result()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
