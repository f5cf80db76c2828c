"""The guard of what leaves: where a webhook may go, and the only door it goes through.

A tenant chooses the URL, so it is hostile: it may name our own network, in many spellings, or a
name that changes its answer between the check and the connection. So the name is resolved here,
every address is checked, and the connection goes to an address that was checked; TLS still asks for
the certificate of the name. A kept connection keeps the address that it was checked with. And as
the socket is made, the address that it will be connected to is checked once more: that holds
whatever a library makes of a host before it, or does without asking the resolver.

Behind an operator's proxy (`EGRESS_PROXY_URL`) the proxy resolves the name and is the guard; what
holds here then is what a URL may look like.

`ipaddress.is_global` alone is no guard: it is True for NAT64, `::127.0.0.1`, multicast, 5f00::/16
(facts.md, fact 10) and its tables change with the version of Python: `forbidden.py` says all.

    Forbidden   refused before a byte was sent
"""

import re
import socket
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

import httpx
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import AddrInfoType

from services.webhooks.failures import DNS, TIMEOUT
from services.webhooks.forbidden import GLOBAL_UNICAST, NETWORKS
from services.webhooks.names import Lookups, Resolve, system_addresses
from services.webhooks.wire import current

# facts.md section 7: "port 443 or allow-list". 8443 is the other habit of https. With every port we
# would be a scanner of other people's machines that a tenant steers and whose results it reads.
PORTS = frozenset({443, 8443})
LAST_PORT = 65535
LONGEST_URL = 2048

_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*")
# What WHATWG (URL, 3.5) and the C library take for an IPv4 address: 2130706433, 0x7f.1, 0177.0.0.1.
_NUMBER = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)")
# Never in the public DNS (RFC 6761, 6762, 8375, ICANN on .internal). That they are refused unasked
# keeps a tenant from learning which of our own names exist.
_PRIVATE_NAME = re.compile(r"(.*\.)?(localhost|local|internal|lan|arpa|onion)")

# A name with a thousand addresses would make one attempt a thousand connections to strangers.
MOST_CONNECTS = 4


class Forbidden(Exception):  # noqa: N818 - named by what it means for the attempt
    """Of `check_url`: a sentence for the tenant. Of `check_address`: a reason for the operator."""


def check_address(address: str | IPv4Address | IPv6Address) -> None:
    """Return if the address is one of the public internet, else raise Forbidden."""
    try:
        ip = ip_address(address)
    except ValueError:
        raise Forbidden("not an address") from None
    if isinstance(ip, IPv6Address):
        if ip.scope_id is not None:
            raise Forbidden("an address of one link (RFC 4007)")
        ip = ip.ipv4_mapped or ip

    for network, reason in NETWORKS:
        if ip in network:
            raise Forbidden(reason)
    if ip.version == 6 and ip not in GLOBAL_UNICAST:  # noqa: PLR2004 - IPv6
        raise Forbidden("not global unicast")
    if ip.is_multicast or not ip.is_global:
        raise Forbidden("not global")


def check_url(url: str, allow_private: bool) -> None:
    """Return if a webhook may have this URL, else raise Forbidden with a sentence for the tenant.

    It asks no DNS: that an address is public is checked when it is connected to, at every attempt.
    """
    parse_url(url, allow_private)


def parse_url(url: str, allow_private: bool) -> httpx.URL:
    """Check as `check_url` and return the URL as it was understood, so that it is read once."""
    if len(url) > LONGEST_URL:
        raise Forbidden(f"The URL is longer than {LONGEST_URL} characters.")
    if not url.isprintable() or " " in url or "\\" in url or "#" in url:
        raise Forbidden("The URL has a space, a control character, a backslash or a fragment.")
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        raise Forbidden("The URL is not valid.") from None
    if parsed.userinfo:
        raise Forbidden("The URL has a user name or a password.")
    _check_origin(parsed.scheme, parsed.raw_host.decode("ascii"), parsed.port, allow_private)
    return parsed


def _check_origin(scheme: str, host: str, port: int | None, allow_private: bool) -> None:
    if scheme != "https" and not (allow_private and scheme == "http"):
        raise Forbidden("The URL does not start with https://.")
    if not allow_private:
        _check_public(host, port)
    if not (_NAME.fullmatch(host) or ":" in host):
        raise Forbidden("The URL has no valid host name.")
    if port is not None and not 1 <= port <= LAST_PORT:
        raise Forbidden("The port of the URL is not valid.")


def _check_public(host: str, port: int | None) -> None:
    if is_literal(host):
        raise Forbidden("The URL has an IP address in place of a host name.")
    if "." not in host or _PRIVATE_NAME.fullmatch(host):
        raise Forbidden("The host name is not one of the public internet.")
    if port is not None and port not in PORTS:
        raise Forbidden("The port of the URL is not 443 or 8443.")


def is_literal(host: str) -> bool:
    """Say whether a host is an address, in any spelling that somebody would take for one."""
    return ":" in host or _NUMBER.fullmatch(host.lower().rstrip(".")) is not None


def system_socket(info: AddrInfoType) -> socket.socket:
    """Make a socket for an address, not connected yet."""
    family, kind, protocol, _, _ = info
    return socket.socket(family, kind, protocol)


@dataclass(frozen=True, slots=True)
class Network:
    """The two calls that touch the network; a test puts its own in their place, to watch them."""

    resolve: Resolve = system_addresses
    open: Callable[[AddrInfoType], socket.socket] = system_socket


class Guard(AbstractResolver):
    """How aiohttp finds addresses and opens sockets: only for addresses that were checked.

    Raises Forbidden or Failed.
    """

    def __init__(self, allow_private: bool, network: Network) -> None:
        self._allow_private = allow_private
        self._network = network
        self._lookups = Lookups(network.resolve)

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,
    ) -> list[ResolveResult]:
        """Give the next address of a name, one at a time, so that each is tried once."""
        attempt = current()
        attempt.fresh = True
        if attempt.addresses is None:
            attempt.overdue = DNS
            attempt.addresses = deque(await self._checked(host))
            attempt.overdue = TIMEOUT
        address = attempt.addresses.popleft()
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
        ]

    def open(self, info: AddrInfoType) -> socket.socket:
        """Make the socket for a connection; nothing is connected to that did not come by here."""
        current().fresh = True
        if not self._allow_private:
            check_address(str(info[4][0]))
        return self._network.open(info)

    async def close(self) -> None:
        """Wait for no name any more."""
        await self._lookups.close()

    async def _checked(self, host: str) -> Sequence[str]:
        if self._allow_private:
            return (await self._lookups.addresses(host))[:MOST_CONNECTS]
        # The final dot makes a name absolute: no search list turns it into one of our own network,
        # as `redis.prod` into `redis.prod.svc.cluster.local`.
        addresses = await self._lookups.addresses(f"{host}.")
        for address in addresses:
            check_address(address)
        return addresses[:MOST_CONNECTS]
