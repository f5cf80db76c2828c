"""STS GetCallerIdentity: whose credentials these are. Any will do here.

https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
"""

from deploy.local.aws import query
from deploy.local.aws.arns import ACCOUNT

NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"


def _caller(_: query.Body) -> query.Body:
    arn = f"arn:aws:iam::{ACCOUNT}:user/postroom"
    return {"Arn": arn, "UserId": "AIDAEXAMPLE", "Account": ACCOUNT}


handle = query.service({"GetCallerIdentity": _caller}, NAMESPACE)
