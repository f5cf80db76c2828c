"""What an endpoint's URL may look like, judged at the door.

Only its shape: whether its host is a place that may be called is asked at each attempt by the one
who calls, since a name can point elsewhere tomorrow. Nothing passes here that the webhook worker
refuses for its shape (a test holds the two together: services do not import each other).
"""

import re
from base64 import b64encode
from secrets import token_bytes
from typing import Final
from urllib.parse import SplitResult, urlsplit

LONGEST: Final = 2048
_PORTS: Final = frozenset({None, 443, 8443})
_VISIBLE: Final = re.compile(r"[!-~]+")
_LABEL: Final = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_NAME: Final = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*")
_NUMBER: Final = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)")  # 2130706433 is 127.0.0.1 (WHATWG)
_PRIVATE: Final = re.compile(r"(.*\.)?(localhost|local|internal|lan|arpa|onion)")


class EndpointError(ValueError):
    """This URL cannot be an endpoint; the message says why, for the caller."""


def check(url: str, *, allow_private: bool) -> str:
    """The URL as it is. `allow_private`: also http:// and hosts of this network (local mode)."""
    parts = _split(url)
    if parts.scheme not in ({"https", "http"} if allow_private else {"https"}):
        raise EndpointError("The URL must begin with https://.")
    if "@" in parts.netloc:
        raise EndpointError("The URL must not carry a user name or password.")
    host = parts.hostname or ""
    if not _NAME.fullmatch(host) and ":" not in host:
        raise EndpointError("The URL has no valid host name.")
    if not allow_private:
        _check_public(host, parts.port)
    return url


def _split(url: str) -> SplitResult:
    """The parts of what every reader takes for the same URL."""
    if len(url) > LONGEST:
        raise EndpointError(f"A URL has at most {LONGEST} characters.")
    if not _VISIBLE.fullmatch(url) or "\\" in url or "#" in url:
        raise EndpointError(
            "The URL must be visible ASCII (percent-encode its path, write its host in punycode), "
            "without a backslash or a fragment."
        )
    try:
        parts = urlsplit(url)
        valid = parts.port != 0  # `port` raises for what is none
    except ValueError:
        valid = False
    if not valid:
        raise EndpointError("This is not a valid URL.")
    return parts


def _check_public(host: str, port: int | None) -> None:
    if ":" in host or _NUMBER.fullmatch(host):
        raise EndpointError("The URL needs a host name, not an IP address.")
    if "." not in host or _PRIVATE.fullmatch(host):
        raise EndpointError("The URL's host must be one of the public internet.")
    if port not in _PORTS:
        raise EndpointError("The URL's port must be 443 or 8443.")


def new_secret() -> str:
    """A secret of Standard Webhooks 1.0: `whsec_` and the base64 of 32 random bytes."""
    return "whsec_" + b64encode(token_bytes(32)).decode()
