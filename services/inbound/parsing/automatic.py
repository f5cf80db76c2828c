"""Was a mail written by a program, so that no program may answer it (RFC 3834 section 2)?"""

import re
from typing import Final

from services.inbound.parsing.head import Head

_PRECEDENCE: Final = frozenset({"bulk", "list", "junk", "auto_reply"})
_EMPTY_PATH: Final = re.compile(r"<\s*>")
# Of programs that do not know RFC 3834.
_AUTOMATIC: Final = frozenset({"x-autoreply", "x-autorespond", "x-autoresponder"})
# Exchange and ticket systems ask thus for what `automatic` is about: no automatic answer
# (MS-OXCMAIL section 2.2.3.2.14); DR, NDR, RN and NRN are about receipts only.
_SUPPRESSED: Final = frozenset({"all", "autoreply", "oof"})


def is_automatic(head: Head, content_type: str) -> bool:
    """`content_type` of the mail as a whole: a report (RFC 6522) is one by itself."""
    names = head.names()
    return (
        content_type == "multipart/report"
        or _words(head, "auto-submitted")[:1] not in ([], ["no"])
        or not _PRECEDENCE.isdisjoint(_words(head, "precedence"))
        or not _SUPPRESSED.isdisjoint(_words(head, "x-auto-response-suppress"))
        or any(name.startswith("list-") for name in names)
        or not _AUTOMATIC.isdisjoint(names)
        or any(_EMPTY_PATH.fullmatch(path) for path in head.texts("return-path"))
    )


def _words(head: Head, name: str) -> list[str]:
    """Of a header: lower case, in their order."""
    return re.findall(r"[a-z_-]+", head.text(name).lower())
