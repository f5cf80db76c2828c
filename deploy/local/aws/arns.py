"""The one account of the double, its region, and how things are named in it."""

from typing import Final

ACCOUNT: Final = "123456789012"
REGION: Final = "us-east-1"


def arn(service: str, name: str) -> str:
    """`arn:aws:sns:us-east-1:123456789012:name`."""
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{name}"
