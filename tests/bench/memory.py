"""How much memory the biggest messages take, in each process that has one in hand.

One after the other: a message that is as big as the API takes it, by the API and the sender to SES;
a mail of that size, through SES's inbound door, by the inbound worker and its parsers. Each peak is
told above what the process held before the first of them, in sizes of the mail as SES has it.
"""

import base64
import os
import time
from contextlib import ExitStack
from typing import Any, Final

import httpx
import orjson
import sqlalchemy as sa

from services.api.schemas.messages import MOST_BYTES
from tests.bench.measure import ROUNDS, Bar, Figure
from tests.bench.memory_watch import Watch
from tests.bench.soak_ground import Site, site
from tests.waiting import eventually

BAR: Final = Bar(3, at_least=False)
FILES: Final = 1  # what is decoded in one piece takes the most
_SPARE: Final = 8_000  # of heads and bodies
_SECONDS: Final = 50
_SETTLE_SECONDS: Final = 0.5
_LINE: Final = 76

_SENT: Final = sa.text("SELECT count(*) FROM message WHERE send_state = 'done'")
_RECEIVED: Final = sa.text("SELECT count(*) FROM message WHERE direction = 'inbound'")


def main() -> list[Figure]:
    """Peaks of the API, the sender, the inbound worker and its parsers, in sizes of the mail."""
    with ExitStack() as stack:
        quiet = {"POSTROOM_LOG_LEVEL": "WARNING", "POSTROOM_INBOUND_PARSERS": "2"}
        here = _Rounds(site(stack, 1, **quiet))
        here.warm()
        for _ in range(ROUNDS):
            here.go()
    return here.figures()


class _Rounds:
    """What was measured so far."""

    def __init__(self, here: Site) -> None:
        self._site = here
        self._size = (MOST_BYTES - _SPARE) * 3 // 4 * _LINE // (_LINE + 2) // FILES
        self._taken: dict[str, list[float]] = {}
        self._sizes: dict[str, int] = {}

    def warm(self) -> None:
        """What is loaded once."""
        self._send(_message(1_000))
        self._receive(_mail(1_000))
        time.sleep(_SETTLE_SECONDS)
        self._watch = Watch(self._site)

    def go(self) -> None:
        """One of each."""
        watch, content, mail = self._watch, _message(self._size), _mail(self._size)
        watch.during(lambda: self._send(content))
        if "sent" not in self._sizes:
            self._sizes["sent"] = self._size_at_ses()
        size = self._sizes["sent"]
        self._note("api", watch.above_rest("api"), size)
        self._note("sender", watch.above_rest("sender"), size)
        watch.during(lambda: self._receive(mail))
        size = self._sizes.setdefault("received", len(mail))
        parsers = watch.children_above_rest("inbound")
        self._note("inbound", watch.above_rest("inbound"), size)
        self._note("inbound's parser", max(parsers), size)

    def figures(self) -> list[Figure]:
        """In sizes of the mail."""
        sizes = {name: f"{size / 1_000_000:.1f} MB" for name, size in self._sizes.items()}
        return [
            Figure(
                f"memory of {name} above its rest, for the biggest message",
                tuple(taken),
                "sizes",
                BAR,
                sizes["received" if "inbound" in name else "sent"],
            )
            for name, taken in self._taken.items()
        ]

    def _note(self, name: str, above: int, size: int) -> None:
        self._taken.setdefault(name, []).append(above / size)

    def _send(self, body: bytes) -> None:
        sender = self._site.customers[0]
        before = self._count(_SENT)
        url = f"{self._site.api_url}{sender.path}/send"
        answer = httpx.post(
            url, content=body, headers=dict(sender.headers), timeout=_SECONDS, trust_env=False
        )
        answer.raise_for_status()
        eventually(lambda: self._count(_SENT) > before, within=_SECONDS)

    def _receive(self, mail: bytes) -> None:
        before = self._count(_RECEIVED)
        asked = {"to": self._site.customers[0].email, "from": "jane@customer.example"}
        url = f"{self._site.aws_url}/inbound"
        answer = httpx.post(url, params=asked, content=mail, timeout=_SECONDS, trust_env=False)
        answer.raise_for_status()
        eventually(lambda: self._count(_RECEIVED) > before, within=_SECONDS)

    def _count(self, query: sa.TextClause) -> int:
        with self._site.engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def _size_at_ses(self) -> int:
        """Bytes of the newest mail that SES has."""
        sent: list[dict[str, Any]] = orjson.loads(
            httpx.get(f"{self._site.aws_url}/sent", timeout=_SECONDS, trust_env=False).content
        )
        return len(base64.b64decode(sent[0]["raw"]))


def _message(size: int) -> bytes:
    """A request with files of so many bytes each."""
    files = [
        {"name": f"{number}.bin", "content": base64.b64encode(os.urandom(size)).decode()}
        for number in range(FILES)
    ]
    return orjson.dumps(
        {
            "to": ["success@simulator.amazonses.com"],
            "subject": "Big",
            "text": "x",
            "attachments": files,
        }
    )


def _mail(size: int) -> bytes:
    """The same as a mail."""
    head = b"From: Jane <jane@customer.example>\r\nSubject: Big\r\nMIME-Version: 1.0\r\n"
    type_ = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
    text = b"--x\r\nContent-Type: text/plain\r\n\r\nx\r\n"
    return b"".join([head, type_, text, *(_part(size) for _ in range(FILES)), b"--x--\r\n"])


def _part(size: int) -> bytes:
    head = b"--x\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
    disposition = b"Content-Disposition: attachment; filename=a.bin\r\n\r\n"
    lines = base64.encodebytes(os.urandom(size)).replace(b"\n", b"\r\n")
    return head + disposition + lines
