"""Names to addresses, within the deadline of the attempt.

`getaddrinfo` blocks and cannot be told to stop: a name whose server never answers holds it for
as long as resolv.conf says (5 s, twice, for each server). So it runs in a thread of its own, and
the attempt stops waiting at its deadline. The thread is a daemon: those of an executor are joined
at exit, and one hostile name would hold the end of the process. They are counted, so that hostile
names cannot fill the machine; there is room for two for each of 64 workers, as a lookup may outlive
the attempt that wanted it. Nothing is remembered: an answer is used once, by who checked it.
"""

import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from services.webhooks.wire import Failed, current

DNS_FAILURE = "dns failure"
MOST_LOOKUPS = 128

Resolve = Callable[[str], Sequence[str]]

_free = threading.BoundedSemaphore(MOST_LOOKUPS)


def system_addresses(name: str) -> list[str]:
    """Ask the system for every address of a name, in the order to try them (RFC 6724)."""
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def lookup(resolve: Resolve, name: str) -> Sequence[str]:
    """Return the addresses of a name, at least one; Failed where there is none in time."""
    if not _free.acquire(timeout=current().remaining()):
        raise Failed(DNS_FAILURE)
    answer: Future[Sequence[str]] = Future()
    try:
        threading.Thread(target=_ask, args=(resolve, name, answer), daemon=True).start()
    except RuntimeError:  # the system gives no more threads: our trouble, not the endpoint's
        _free.release()
        raise
    try:
        addresses = answer.result(timeout=current().remaining())
    except (OSError, UnicodeError) as error:  # no such name, no answer, no time, no such spelling
        raise Failed(DNS_FAILURE) from error
    if not addresses:
        raise Failed(DNS_FAILURE)
    return addresses


def _ask(resolve: Resolve, name: str, answer: Future[Sequence[str]]) -> None:
    try:
        answer.set_result(resolve(name))
    except Exception as error:  # noqa: BLE001 - raised again where it is waited for
        answer.set_exception(error)
    finally:
        _free.release()
