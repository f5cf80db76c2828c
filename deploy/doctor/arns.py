"""Names of AWS's resources. Pure.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from urllib.parse import urlsplit


def partition(region: str) -> str:
    """The first part of each ARN: China and GovCloud are worlds of their own."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def of_queue(url: str, region: str) -> str:
    """A queue's ARN, of its URL `https://sqs.eu-west-1.amazonaws.com/123456789012/name`."""
    _, account, name = urlsplit(url).path.rsplit("/", 2)
    return f"arn:{partition(region)}:sqs:{region}:{account}:{name}"


def region_of_queue(url: str) -> str | None:
    """The region in a queue's URL; None where it has none, as the local double's."""
    host = urlsplit(url).hostname or ""
    words = host.split(".")
    return words[1] if words[0] == "sqs" and "amazonaws" in words else None


def of_ses(region: str, account: str, resource: str) -> str:
    """`configuration-set/postroom`, or a receipt rule."""
    return f"arn:{partition(region)}:ses:{region}:{account}:{resource}"
