"""A double of the AWS services that Postroom stands on, for one machine and one account.

One process, one port, one event loop: SES, SNS, SQS and STS are written here, S3 is moto's. boto3
reaches it with `endpoint_url`, so the real client is always in the path. `python -m
deploy.local.aws`. The set-up that `deploy.aws` would make is there from the start.

Why SQS is not moto's: its queue is a list that is walked again for every message received, deleted
or counted. Measured with moto 5.2.5 on two cores: 101 sends a second into a queue of 1,000, and 58
messages drained a second from 500 waiting ones, 3 from 5,000. Why no threads: a hung request or
a long poll is then a waiting coroutine, which holds no lock, no thread and no core.
"""
