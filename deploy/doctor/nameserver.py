"""Questions to DNS, all of them bounded in time: no answer is no proof of anything.

What is asked for are absolute names, so that no search list of this machine has a say.
"""

import ipaddress
import time
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import dns.exception
import dns.name
import dns.resolver

PATIENCE_SECONDS: Final = 4.0
"""For all questions of one examination together."""
_TRY_SECONDS: Final = 1.0
"""For one datagram, before it is sent again: some get lost."""
_PORT: Final = 53
_LAST_PORT: Final = 65_535


@dataclass(frozen=True, slots=True)
class Silence:
    """No answer, or none that says anything (SERVFAIL, REFUSED). `why`: the name of the error."""

    why: str


class Exchange(NamedTuple):
    """An MX record (RFC 5321 section 5.1): the lowest preference is tried first."""

    preference: int
    host: str


class Server(NamedTuple):
    """Where a name server listens: an IP address and a port."""

    address: str
    port: int

    @classmethod
    def of(cls, text: str) -> "Server":
        """`ADDRESS` or `ADDRESS#PORT`. Raises ValueError."""
        address, _, port = text.partition("#")
        server = cls(str(ipaddress.ip_address(address)), int(port or _PORT))
        if not 0 < server.port <= _LAST_PORT:
            raise ValueError("no such port")
        return server


class Dns:
    """The name servers of this machine, or one that is given. Safe for one thread."""

    def __init__(self, server: Server | None = None, patience: float = PATIENCE_SECONDS) -> None:
        self._server = server
        self._left = patience

    def mx(self, name: str) -> list[Exchange] | Silence:
        """Empty where there is none. RFC 7505's `.` is a host by that name."""
        found = self._ask(name, "MX")
        if isinstance(found, Silence):
            return found
        hosts = [(one.preference, one.exchange.to_text(omit_final_dot=True)) for one in found]
        return sorted(Exchange(preference, host.lower()) for preference, host in hosts)

    def txt(self, name: str) -> list[str] | Silence:
        """Each record's strings, put together (RFC 7208 section 3.3); empty where there is none."""
        found = self._ask(name, "TXT")
        if isinstance(found, Silence):
            return found
        return [b"".join(one.strings).decode("ascii", "replace") for one in found]

    def _ask(self, name: str, kind: str) -> list[Any] | Silence:
        if self._left <= 0:
            return Silence("Timeout")
        began = time.monotonic()
        try:
            wanted = dns.name.from_text(name)
            return list(self._resolver().resolve(wanted, kind, lifetime=self._left, search=False))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError) as failure:
            return Silence(type(failure).__name__)
        finally:
            self._left -= time.monotonic() - began

    def _resolver(self) -> dns.resolver.Resolver:
        """Raises NoResolverConfiguration where the machine names no server."""
        resolver = dns.resolver.Resolver(configure=self._server is None)
        if self._server is not None:
            resolver.nameservers = [self._server.address]
            resolver.port = self._server.port
        resolver.timeout = _TRY_SECONDS
        return resolver
