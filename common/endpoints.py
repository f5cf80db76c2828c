"""Where a service of AWS is, and how a POST to it is signed: as boto3 would find and do it."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import botocore.session
from botocore import exceptions as boto
from botocore.credentials import Credentials
from botocore.httpsession import get_cert_path
from botocore.utils import get_environ_proxies

from common import aws
from common.settings import Settings
from common.sigv4 import Signer


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Of one service. `proxy`: the URL of one that the environment names for it. `ca_bundle`: the
    file of certificates that its own is judged by.
    """

    url: str
    proxy: str | None
    ca_bundle: str
    signer: Signer
    _credentials: Credentials | None

    @classmethod
    def of(cls, settings: Settings, service: aws.Service, path: str = "") -> "Endpoint":
        """By the settings, the environment and AWS's own files."""
        session = botocore.session.get_session()
        told = aws.client(settings, service)
        url = told.meta.endpoint_url + path
        region, scope = told.meta.region_name, told.meta.service_model.signing_name
        told.close()
        bundle = session.get_config_variable("ca_bundle") or os.environ.get("REQUESTS_CA_BUNDLE")
        return cls(
            url=url,
            proxy=get_environ_proxies(url).get(urlsplit(url).scheme),
            ca_bundle=str(bundle or get_cert_path(True)),
            signer=Signer.of(url, region, scope),
            _credentials=session.get_credentials(),
        )

    def sign(self, headers: Mapping[str, str], body: Iterable[bytes]) -> dict[str, str]:
        """The headers of a POST. Raises BotoCoreError where there are no credentials. May call AWS
        for new ones.
        """
        if self._credentials is None:
            raise boto.NoCredentialsError
        keys = self._credentials.get_frozen_credentials()
        return self.signer.signed({"user-agent": "postroom", **headers}, body, keys)
