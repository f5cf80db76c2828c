"""SQS as a worker calls it thousands of times a second: its JSON protocol over urllib3.

A call by boto3 takes five times as much CPU, and ten letters are two calls; at a deep queue that
was most of what an event cost (docs/performance.md). Endpoint, region and credentials are those
that boto3 finds, and errors are botocore's own. Nothing is tried again, as in `common/aws.py`.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html
"""

import json
import socket
from typing import Any, Final
from urllib.parse import urlsplit

import botocore.session
import orjson
import urllib3
from botocore import exceptions as boto
from botocore.httpsession import get_cert_path
from botocore.utils import get_environ_proxies
from urllib3.connection import HTTPConnection

from common import aws
from common.settings import Settings
from common.sigv4 import Signer

Members = dict[str, Any]
"""Of a request or an answer, by the names of SQS's API."""

AwsError: Final = (boto.BotoCoreError, boto.ClientError)

_CONNECT_SECONDS: Final = 3.0
_KEEP_ALIVE: Final = (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
_OK: Final = 200
# The first that fits; each takes the URL and what urllib3 said.
_ERRORS: Final = (
    (urllib3.exceptions.NewConnectionError, boto.EndpointConnectionError),
    (urllib3.exceptions.ConnectTimeoutError, boto.ConnectTimeoutError),
    (urllib3.exceptions.ReadTimeoutError, boto.ReadTimeoutError),
    (urllib3.exceptions.SSLError, boto.SSLError),
    (urllib3.exceptions.HTTPError, boto.ConnectionClosedError),
)


class Sqs:
    """Safe to share between threads."""

    def __init__(self, settings: Settings, read_timeout: float, connections: int = 10) -> None:
        """At most `connections` calls at one time; `read_timeout` in seconds."""
        session = botocore.session.get_session()
        told = aws.client(settings, "sqs")
        self._url, region = told.meta.endpoint_url, told.meta.region_name
        told.close()
        self._credentials = session.get_credentials()
        self._signer = Signer.of(self._url, region, "sqs")
        self._http = _pool(
            self._url,
            session.get_config_variable("ca_bundle"),
            timeout=urllib3.Timeout(connect=_CONNECT_SECONDS, read=read_timeout),
            maxsize=connections,
            block=True,
        )

    def call(self, operation: str, members: Members) -> Members:
        """`call("ReceiveMessage", {"QueueUrl": ...})`. Raises `ClientError` where SQS refuses, and
        another `BotoCoreError` where there is no answer.
        """
        body = orjson.dumps(members)
        headers = {
            "content-type": "application/x-amz-json-1.0",
            "user-agent": "postroom",
            "x-amz-target": f"AmazonSQS.{operation}",
        }
        if self._credentials is None:
            raise boto.NoCredentialsError
        signed = self._signer.signed(headers, body, self._credentials.get_frozen_credentials())
        try:
            answer = self._http.request(
                "POST", self._url, body=body, headers=signed, retries=False, redirect=False
            )
        except urllib3.exceptions.HTTPError as error:
            raise _as_botocore(error, self._url) from error
        if answer.status != _OK:
            raise _refusal(answer, operation)
        try:
            return _read(answer.data)
        except ValueError as error:
            raise boto.ConnectionClosedError(endpoint_url=self._url, error=error) from None

    def close(self) -> None:
        """Of all threads."""
        self._http.clear()


def name_of(error: boto.BotoCoreError | boto.ClientError) -> str:
    """For a log: SQS's code where it has refused, else what went wrong on the way."""
    if isinstance(error, boto.ClientError):
        return error.response["Error"]["Code"]
    return type(error).__name__


def _pool(url: str, ca_bundle: str | None, **options: Any) -> urllib3.PoolManager:
    """As botocore's: its certificates, and the environment's proxy if there is one."""
    options |= {
        "socket_options": [*HTTPConnection.default_socket_options, _KEEP_ALIVE],
        "cert_reqs": "CERT_REQUIRED",
        "ca_certs": ca_bundle or get_cert_path(True),
    }
    proxy = get_environ_proxies(url).get(urlsplit(url).scheme)
    if proxy is None:
        return urllib3.PoolManager(**options)
    auth = urllib3.util.parse_url(proxy).auth
    headers = urllib3.make_headers(proxy_basic_auth=auth) if auth else None
    return urllib3.ProxyManager(proxy, proxy_headers=headers, **options)


def _as_botocore(error: urllib3.exceptions.HTTPError, url: str) -> boto.BotoCoreError:
    made = next(ours for theirs, ours in _ERRORS if isinstance(error, theirs))
    return made(endpoint_url=url, error=error)


def _refusal(answer: urllib3.BaseHTTPResponse, operation: str) -> boto.ClientError:
    """By the code that boto3 shows: the old one, which a header has, or else the new one's."""
    try:
        told = _read(answer.data)
    except ValueError:
        told = {}
    code = answer.headers.get("x-amzn-query-error", "").partition(";")[0]
    code = code or str(told.get("__type", answer.status)).rpartition("#")[2]
    words = str(told.get("message") or told.get("Message") or "")
    return boto.ClientError({"Error": {"Code": code, "Message": words}}, operation)


def _read(data: bytes) -> Members:
    """What orjson refuses (half a surrogate pair in a letter, say) must not hold up nine others.
    Raises ValueError for what is no object of JSON.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        value = json.loads(data)
    if not isinstance(value, dict):
        raise json.JSONDecodeError("not an object", "", 0)
    return value
