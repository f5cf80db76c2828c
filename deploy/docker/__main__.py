"""`python3 -m deploy.docker local|aws|k8s > .env`: what a deployment asks for, secrets made anew.

`local` is docker-compose.yml's, whole, and starts the double of AWS; `aws` has empty lines for what
only you know; `k8s` is the Secret of deploy/k8s/overlays/local. The secrets belong to the data:
with another POSTROOM_SECRET_KEYS no webhook's secret opens again.
"""

import argparse
import base64
import secrets
import sys
from typing import Final

KINDS: Final = ("local", "aws", "k8s")
QUEUES: Final = "http://aws:4566/123456789012"
LOCAL: Final = {
    "COMPOSE_PROFILES": "local",
    "POSTROOM_AWS_URL": "http://aws:4566",
    "POSTROOM_AWS_REGION": "us-east-1",
    "POSTROOM_FEEDBACK_QUEUE_URL": f"{QUEUES}/postroom-feedback",
    "POSTROOM_INBOUND_QUEUE_URL": f"{QUEUES}/postroom-inbound",
    "POSTROOM_DEFAULT_DOMAIN": "postroom.test",
    "POSTROOM_WEBHOOK_ALLOW_PRIVATE": "true",
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
}
"""The double believes any key, and boto3 signs with none but some."""
ASKED: Final = (
    "POSTROOM_AWS_REGION",
    "POSTROOM_FEEDBACK_QUEUE_URL",
    "POSTROOM_INBOUND_QUEUE_URL",
    "POSTROOM_DEFAULT_DOMAIN",
)


def made() -> dict[str, str]:
    """Secrets, new at each call. Hexadecimal: they stand in URLs."""
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return {
        "POSTGRES_PASSWORD": secrets.token_hex(24),
        "REDIS_PASSWORD": secrets.token_hex(24),
        "GRAFANA_ADMIN_PASSWORD": secrets.token_hex(24),
        "POSTROOM_SECRET_KEYS": f"compose:{key}",
        "POSTROOM_ADMIN_KEYS": secrets.token_hex(32),
    }


def environment(kind: str) -> dict[str, str]:
    """All of the file; `kind` is one of KINDS."""
    if kind == "local":
        return made() | LOCAL
    return cluster(made()) if kind == "k8s" else made() | dict.fromkeys(ASKED, "")


def cluster(secret: dict[str, str]) -> dict[str, str]:
    """The keys of the Secret `postroom`, with the servers by the names of their Services."""
    postgres, redis = secret["POSTGRES_PASSWORD"], secret["REDIS_PASSWORD"]
    return {
        "DATABASE_URL": f"postgresql://postroom:{postgres}@postgres:5432/postroom",
        "REDIS_URL": f"redis://:{redis}@redis:6379/0",
        "POSTGRES_PASSWORD": postgres,
        "REDIS_PASSWORD": redis,
        "POSTROOM_SECRET_KEYS": secret["POSTROOM_SECRET_KEYS"],
        "POSTROOM_ADMIN_KEYS": secret["POSTROOM_ADMIN_KEYS"],
    }


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python3 -m deploy.docker", description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    lines = [f"{name}={value}\n" for name, value in environment(parser.parse_args().kind).items()]
    sys.stdout.write("".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
