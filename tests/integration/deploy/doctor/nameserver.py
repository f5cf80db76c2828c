"""A name server on loopback, of whatever zone a test gives it, and one that never answers."""

import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Thread
from typing import Final

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

from deploy.doctor.nameserver import Server

Zone = dict[tuple[str, str], Sequence[str] | None]
"""Records by name and kind, as a zone file has them; None: no answer to that question."""
BROKEN: Final[Zone] = {("", ""): ()}
"""The zone of a server that only ever says SERVFAIL."""


@contextmanager
def answering(zone: Zone) -> Iterator[Server]:
    """A name that the zone does not have is NXDOMAIN."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind(("127.0.0.1", 0))
        thread = Thread(target=_serve, args=(door, zone), daemon=True)
        thread.start()
        server = Server(*door.getsockname())
        try:
            yield server
        finally:
            door.sendto(b"", server)  # no question: the end
            thread.join()


@contextmanager
def silent() -> Iterator[Server]:
    """Where datagrams go in, and nothing comes out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind(("127.0.0.1", 0))
        yield Server(*door.getsockname())


def _serve(door: socket.socket, zone: Zone) -> None:
    while True:
        data, peer = door.recvfrom(65_535)
        if not data:
            return
        if (answer := _answer(dns.message.from_wire(data), zone)) is not None:
            door.sendto(answer.to_wire(), peer)


def _answer(query: dns.message.Message, zone: Zone) -> dns.message.Message | None:
    [asked] = query.question
    name, kind = asked.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(asked.rdtype)
    records = zone.get((name, kind), ())
    if records is None:
        return None
    answer = dns.message.make_response(query)
    answer.flags |= dns.flags.RA
    answer.set_rcode(_code(name, zone))
    if records:
        answer.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, *records))
    return answer


def _code(name: str, zone: Mapping[tuple[str, str], object]) -> dns.rcode.Rcode:
    if zone == BROKEN:
        return dns.rcode.SERVFAIL
    return dns.rcode.NOERROR if name in {one for one, _ in zone} else dns.rcode.NXDOMAIN
