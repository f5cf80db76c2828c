"""What a caller may write into the head of a mail: the API asks at its door, compose asks again.

The standard library is no wall here: CPython 3.11.7 writes an injected `Bcc:` out of a newline in
an encoded word and out of a CR LF in a header's *name* (CVE-2024-6923, CVE-2026-1299).

HeaderError(ValueError)   the words are a sentence for the caller; nothing was changed
"""

import re

MAX_TEXT = 900  # characters; behind the longest name it still fits a line of 998 unfolded
MAX_FILE_NAME = 255  # octets of UTF-8; what ext4, NTFS and APFS can hold
NAMELESS_FILE = "attachment"

_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NAME = re.compile(r"[!-9;-~]{1,76}")  # RFC 5322 section 2.2, shortened to fit a line of 78
_PATH = re.compile(r"[/\\]")
_UNFIT_FOR_FILES = re.compile(
    _FORBIDDEN.pattern
    + r"|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"  # bidi controls: exe.gpj
)
_RESERVED = re.compile(r'[<>:"|?*]')  # Windows refuses them, some readers strip or unquote them
_DOTS = re.compile(r"\.{2,}")
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|\Z)")  # Windows opens the device

# Who owns a header, and the names (a last `*` stands for any end). Lower case.
_OWNED = {
    "Postroom writes it from the message's own fields": (
        "from sender to cc bcc subject date message-id reply-to in-reply-to references x-postroom-*"
    ),
    "it would add recipients whom the envelope does not know": "resent-* apparently-to",
    "MIME needs it to tell how the body is to be read": "mime-version content-*",
    "Amazon SES writes or obeys it": "x-ses-* x-amz-* x-amzn-* feedback-id dkim-signature",
    "only the servers on the way may write it": (
        "return-path received received-spf delivered-to authentication-results arc-*"
        " domainkey-signature"
    ),
}
_REASONS = {name: reason for reason, names in _OWNED.items() for name in names.split()}
_PREFIXES = tuple(name[:-1] for name in _REASONS if name.endswith("*"))


class HeaderError(ValueError):
    """This text may not stand in the head of a mail; the message says why, for the caller."""


def looks_encoded(text: str) -> bool:
    """Tell whether a reader could take a piece of this for an encoded word (RFC 2047).

    Wider than the RFC, as some readers are: any `=?` with a `?=` behind it.
    """
    start = text.find("=?")
    return start >= 0 and text.find("?=", start + 2) >= 0


def check_text(text: str) -> str:
    """Return a subject as it is, if it is one line, not too long, and has no controls.

    An encoded-word lookalike may stay: compose encodes it, so that it arrives as it was typed.
    """
    if len(text) > MAX_TEXT:
        raise HeaderError(f"This text has {len(text)} characters; at most {MAX_TEXT} are possible.")
    if found := _FORBIDDEN.search(text):
        point = f"U+{ord(found.group()):04X}"
        raise HeaderError(f"Line breaks and control characters are not allowed here ({point}).")
    return text


def check_header_value(text: str) -> str:
    """Return a header's value or a display name as it is, if `check_text` and RFC 2047 allow it."""
    if looks_encoded(check_text(text)):
        raise HeaderError("Encoded words (=?...?=) are not allowed here; write the text itself.")
    return text


def check_header_name(text: str) -> str:
    """Return a header's name as it is, if it is one and the caller may set it."""
    if not _NAME.fullmatch(text):
        raise HeaderError(
            "A header name has 1 to 76 visible ASCII characters and no colon or space."
        )
    name = text.lower()
    owned = next((f"{prefix}*" for prefix in _PREFIXES if name.startswith(prefix)), name)
    if reason := _REASONS.get(owned):
        raise HeaderError(f"The header {text} cannot be set: {reason}.")
    return text


def clean_text(text: str) -> str:
    """Make a stranger's text, such as the subject of a received mail, fit for `check_text`."""
    return _FORBIDDEN.sub(" ", text)[:MAX_TEXT]


def clean_file_name(text: str) -> str:
    """Make a name that any system can save under: no folder, control or device, not too long."""
    bare = _UNFIT_FOR_FILES.sub("", _PATH.split(text)[-1])
    name = _DOTS.sub(".", _RESERVED.sub("_", bare)).strip()
    if name in {"", "."}:
        return NAMELESS_FILE
    if _DEVICES.match(name):
        name = f"_{name}"
    return _shortened(name)


def _shortened(name: str) -> str:
    """Cut before the extension, because that is what a reader's computer goes by."""
    if len(name.encode()) <= MAX_FILE_NAME:
        return name
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension.encode()) > MAX_FILE_NAME // 8:
        stem, dot, extension = name, "", ""
    room = MAX_FILE_NAME - len(f"{dot}{extension}".encode())
    kept = stem.encode()[:room].decode(errors="ignore").rstrip(" .")
    return f"{kept}{dot}{extension}".strip()
