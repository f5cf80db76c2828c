"""How an attempt fails, in words that a tenant may read.

None of them tells what an internal address answered, and none is a text of the system or of a
library: those change, and say more than they should.
"""

import errno
from typing import Final

import aiohttp

TIMEOUT: Final = "timeout"
REFUSED: Final = "connection refused"
RESET: Final = "connection reset"
CLOSED: Final = "connection closed"
UNREACHABLE: Final = "unreachable"
INVALID: Final = "invalid answer"
DNS: Final = "dns failure"
TLS: Final = "tls failure"
PROXY: Final = "egress proxy failed"
# Said of a forbidden URL and of every forbidden address alike: a tenant that points a name at our
# network learns nothing of what is there, for nothing was asked.
FORBIDDEN: Final = "forbidden address"

# OpenSSL's X509_V_ERR_* numbers (x509_vfy.h), as words: its own texts change with its versions.
_CERTIFICATE_FAULTS: Final = {
    9: "certificate not yet valid",
    10: "certificate expired",
    18: "self-signed certificate",
    19: "self-signed certificate",
    20: "unknown issuer",
    21: "unknown issuer",
    62: "certificate for another name",
    64: "certificate for another name",
}
_BY_ERRNO: Final = {
    errno.ETIMEDOUT: TIMEOUT,
    errno.ECONNREFUSED: REFUSED,
    errno.ECONNRESET: RESET,
    errno.ECONNABORTED: RESET,
    errno.EPIPE: RESET,
}
_BY_KIND: Final = ((aiohttp.InvalidURL, FORBIDDEN), (aiohttp.ClientConnectionError, CLOSED))

# Smokescreen says why it opened no tunnel by its status, and marks that the words are its own.
_SMOKESCREEN: Final = "x-smokescreen-error"
_BY_SMOKESCREEN: Final = {407: FORBIDDEN, 502: UNREACHABLE, 504: TIMEOUT}
_REFUSED_BY_PROXY: Final = 403


class Failed(Exception):  # noqa: N818 - named by what it means for the attempt
    """The attempt is over; the text is a word of the vocabulary above."""


def word(fault: Exception) -> str:
    """What became of an attempt, by what aiohttp raised."""
    match fault:
        case Failed():
            return str(fault)
        case aiohttp.ClientSSLError():
            return _of_tls(fault)
        case aiohttp.ServerDisconnectedError():
            # Its message is the half of a head that came, where one came.
            return CLOSED if isinstance(fault.message, str) else INVALID
        case aiohttp.ClientConnectorError():
            return _of_system(fault.os_error)
        case OSError():
            return _of_system(fault)
    return next((known for kind, known in _BY_KIND if isinstance(fault, kind)), INVALID)


def word_of_proxy(fault: Exception) -> str:
    """The same, where the operator's proxy opened no way to the endpoint."""
    if not isinstance(fault, aiohttp.ClientHttpProxyError):
        return PROXY
    if fault.status == _REFUSED_BY_PROXY:
        return FORBIDDEN
    if fault.headers is not None and _SMOKESCREEN in fault.headers:
        return _BY_SMOKESCREEN.get(fault.status, PROXY)
    return PROXY


def _of_tls(fault: aiohttp.ClientSSLError) -> str:
    if not isinstance(fault, aiohttp.ClientConnectorCertificateError):
        return f"{TLS}: handshake failed"
    code = getattr(fault.certificate_error, "verify_code", 0)
    return f"{TLS}: {_CERTIFICATE_FAULTS.get(code, 'certificate not trusted')}"


def _of_system(fault: OSError) -> str:
    if isinstance(fault, TimeoutError):
        return TIMEOUT
    if isinstance(fault, ConnectionError) and fault.errno is None:
        return RESET
    return _BY_ERRNO.get(fault.errno or 0, UNREACHABLE)
