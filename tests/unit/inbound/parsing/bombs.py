"""Mail that is made to be slow or large. Each is built when it is asked for."""

import base64
from collections.abc import Callable, Mapping
from typing import Final

KIB: Final = 1 << 10
MIB: Final = 1 << 20
_WORD: Final = b"=?utf-8?q?a?= "


def header(name: str, value: bytes) -> bytes:
    return f"From: jo@example.com\r\n{name}: ".encode() + value + b"\r\n\r\nbody"


def folded(size: int) -> bytes:
    """Encoded words on lines of a fair length."""
    line = _WORD * 5 + b"\r\n "
    return line * (size // len(line))


def multipart(*parts: bytes) -> bytes:
    head = b"From: jo@example.com\nContent-Type: multipart/mixed; boundary=x\n\n"
    return head + b"".join(b"--x\n" + part + b"\n" for part in parts)


def nested(depth: int) -> bytes:
    each = b"Content-Type: multipart/mixed; boundary=x%d\r\n\r\n--x%d\r\n"
    return b"From: jo@example.com\r\n" + b"".join(each % (n, n) for n in range(depth))


def base64_file(size: int) -> bytes:
    head = b"From: jo@example.com\nContent-Type: application/pdf; name=a.pdf\n"
    content = bytes(range(256)) * (size // 256)
    return head + b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(content)


REFUSED: Final[Mapping[str, tuple[str, Callable[[], bytes]]]] = {
    "encoded words of 437 KiB": ("A header", lambda: header("Subject", folded(437 * KIB))),
    "16k addresses": (
        "A header",
        lambda: header("To", b", ".join(b"a%d@example.net" % n for n in range(16_000))),
    ),
    "16k parameters": (
        "A header",
        lambda: header("Content-Type", b"text/plain" + b"; a=b" * 16_000),
    ),
    "100k parts": ("more than 1000 parts", lambda: multipart(*[b""] * 100_000)),
    "depth 2000": ("nested more than 50 deep", lambda: nested(2000)),
    "headers of 300 KiB": (
        "headers of the mail",
        lambda: b"From: jo@example.com\r\n" + b"X-A: b\r\n" * 40_000,
    ),
    "headers of parts": (
        "headers of the mail's parts",
        lambda: multipart(*[b"a: b\n" * 1000] * 900),
    ),
    "a folded header of 40 MB": ("A header", lambda: b"From: a\nX: b\n" + b" \n" * (19 * MIB)),
    "dashes": ("begin with dashes", lambda: multipart() + b"--\n" * (13 * MIB)),
    "41 MiB": ("larger than 40 MiB", lambda: header("Subject", b"large") + b"a" * (41 * MIB)),
}
"""With words of the error."""

READ: Final[Mapping[str, Callable[[], bytes]]] = {
    "encoded words of 32 KiB": lambda: header("Subject", folded(31 * KIB)),
    "beginnings of encoded words": lambda: header("Subject", b"=?a?q?x" * 4500),
    "comments that open": lambda: header("To", b"(" * 32_000),
    "comments that close": lambda: header("To", b")" * 32_000),
    "angles": lambda: header("From", b"<" * 32_000),
    "quotes": lambda: header("To", b'a"b' * 10_000),
    "escapes": lambda: header("To", b'"\\' * 16_000),
    "ats": lambda: header("From", b"@" * 32_000),
    "commas": lambda: header("Cc", b"a@b," * 8000),
    "semicolons": lambda: header("Content-Type", b"text/plain" + b";" * 32_000),
    "sections": lambda: header(
        "Content-Type", b"text/plain" + b"".join(b"; a*%d*=b" % n for n in range(2500))
    ),
    "references": lambda: header("References", b"<a" * 16_000),
    "date": lambda: header("Date", b"1 " * 16_000),
    "headers of 256 KiB": lambda: b"a:\n" * 87_000,
    "parts": lambda: multipart(*[b"Content-Type: image/png\n\nx"] * 999),
    "depth 50": lambda: nested(50),
    "line ends": lambda: b"a: b\n\n" + b"\n" * (39 * MIB),
    "dashes amid lines": lambda: multipart() + b"a--\n" * (9 * MIB),
    "no line end": lambda: b"\xff" * (39 * MIB),
    "tiny headers": lambda: b"From: jo@example.com\n\n" + b"a:b\n" * (9 * MIB),
    "a file": lambda: base64_file(28 * MIB),
    "text of 4 MB": lambda: b"a: b\n\n" + b"On a a a a\n" * 350_000,
    "one who wrote": lambda: b"a: b\n\n" + (b"On " + b"a " * 200 + b":\n") * 120,
    "quotes in turn": lambda: b"a: b\n\n" + b"On a 1@b:\n>\n" * 4000,
    "tags": lambda: b"Content-Type: text/html\n\n" + b"<b>" * 99_000,
    "comments of HTML": lambda: b"Content-Type: text/html\n\n" + b"<!--" * 70_000,
    "flowed": lambda: b"Content-Type: text/plain; format=flowed\n\n" + b"a \n" * 1_300_000,
    "surrogates": lambda: b"Content-Type: text/plain; charset=utf-7\n\n" + b"+2D0" * 1_000_000,
}
"""Within the caps, but a parser that looks at anything twice has a lot to do."""
