"""Brings servers up in a state folder, prints their URLs as JSON, stops them at the end of input.

A program of its own, so that a test can run it as another user, and kill it. Standard library only,
as that user may be unable to enter this checkout's environment.
"""

import json
import os
import sys
from pathlib import Path

from deploy.local import places
from deploy.local.progress import Progress
from deploy.local.servers import Servers
from deploy.local.supervisor import Supervisor

with Supervisor(Progress(sys.stderr)) as supervisor:
    place = places.durable(Path(os.environ["STATE"]))
    servers = Servers(lambda: place, supervisor)
    postgres, redis = servers.postgres(), servers.redis()
    answer = {
        "postgres": postgres.url,
        "redis": redis.url,
        "origins": [postgres.origin, redis.origin],
        "data": str(place.data),
    }
    print(json.dumps(answer), flush=True)  # noqa: T201
    sys.stdin.read()
