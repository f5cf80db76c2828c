"""Where one service of AWS is, and who calls it: what boto3 finds, for calls that do without it.

`signed.py` makes them, and `posts.py` for threads.
"""

import os
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

import botocore.session
from botocore import exceptions as boto
from botocore.httpsession import get_cert_path
from botocore.utils import get_environ_proxies

from common import aws
from common.settings import Settings
from common.sigv4 import Signer

Body = Iterable[bytes]
"""In pieces, which are made anew each time that it is read: to be signed, and to be sent."""

USER_AGENT: Final = "postroom"


class Endpoint:
    """`proxy`: the URL of one, if this is called by way of it. `ca_bundle`: the path of a file."""

    def __init__(self, settings: Settings, service: aws.Service, path: str = "") -> None:
        session = botocore.session.get_session()
        told = aws.client(settings, service)
        self.url = told.meta.endpoint_url + path
        region, scope = told.meta.region_name, told.meta.service_model.signing_name
        told.close()
        self.proxy = get_environ_proxies(self.url).get(urlsplit(self.url).scheme)
        configured = session.get_config_variable("ca_bundle")
        configured = configured or os.environ.get("REQUESTS_CA_BUNDLE")
        self.ca_bundle = str(configured or get_cert_path(True))
        self._credentials = session.get_credentials()
        self._signer = Signer.of(self.url, region, scope)

    @property
    def must_renew(self) -> bool:
        """Whether to sign may take a call, as the credentials run out."""
        is_old = getattr(self._credentials, "refresh_needed", None)
        return bool(is_old and is_old())

    def sign(self, headers: Mapping[str, str], body: Body) -> dict[str, str]:
        """The headers of a POST. Raises BotoCoreError where there are no credentials."""
        if self._credentials is None:
            raise boto.NoCredentialsError
        keys = self._credentials.get_frozen_credentials()
        return self._signer.signed({"user-agent": USER_AGENT, **headers}, body, keys)
