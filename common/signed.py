"""One POST to AWS, signed (Signature Version 4), by botocore's own signer and connections.

What boto3 does for each call beyond that, rules for endpoints, models of shapes and events for
plugins, is more than half of its CPU, and of the sender's (docs/performance.md). Where it calls,
whose keys it has, its certificates and its proxies are those of a client of boto3.
"""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.client import BaseClient
from botocore.credentials import Credentials
from botocore.exceptions import NoCredentialsError
from botocore.httpsession import URLLib3Session
from botocore.session import Session
from botocore.utils import get_environ_proxies

_SOCKET: Final = [
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
]


@dataclass(frozen=True, slots=True)
class Answer:
    """Of any status. Names of headers are found in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Signed:
    """A service of AWS as a client of boto3 knows it. Threads may share it."""

    def __init__(self, session: Session, client: BaseClient) -> None:
        """`session`: the one that made the client."""
        meta: Any = client.meta
        connect: Any = URLLib3Session  # both know more than their stubs do
        self._url = meta.endpoint_url
        self._credentials: Credentials | None = session.get_credentials()
        self._scope = meta.service_model.signing_name, meta.region_name
        self._connections: URLLib3Session = connect(
            verify=_verify(session),
            proxies=get_environ_proxies(self._url),
            timeout=(meta.config.connect_timeout, meta.config.read_timeout),
            max_pool_connections=meta.config.max_pool_connections,
            socket_options=_SOCKET,
        )

    def request(self, path: str, headers: dict[str, str], body: bytes) -> AWSPreparedRequest:
        """A signed POST, not sent yet. Raises what the credentials do (BotoCoreError)."""
        request = AWSRequest("POST", self._url + path, headers, body)
        SigV4Auth(self._keys(), *self._scope).add_auth(request)
        return request.prepare()

    def _keys(self) -> Any:
        """Renewed where they are about to run out."""
        if self._credentials is None:
            raise NoCredentialsError
        return self._credentials.get_frozen_credentials()

    def send(self, request: AWSPreparedRequest) -> Answer:
        """Once. Raises as boto3 does where there is no answer (HTTPClientError)."""
        answer = self._connections.send(request)
        return Answer(answer.status_code, answer.headers, answer.content)

    def close(self) -> None:
        """Let go of the connections."""
        self._connections.close()


def _verify(session: Session) -> str | bool:
    """The file of certificates, or True for botocore's own; as botocore decides it."""
    named: str | None = session.get_config_variable("ca_bundle")
    return named or os.environ.get("REQUESTS_CA_BUNDLE") or True
