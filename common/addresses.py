"""One mail address, as a caller types it and as the wire carries it.

SES knows no SMTPUTF8: the local part is 7-bit, an international domain travels as punycode.
Read in linear time whatever comes: the length is asked first, no pattern can backtrack far.

AddressError(ValueError)   the words are a short sentence for the caller; nothing was changed
"""

import re
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from common.headers import HeaderError, check_header_value

MAX_ADDRESS = 320  # characters of the whole text, the name included

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOT_ATOM = rf"{_ATOM}(?:\.{_ATOM})*"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_TOP = r"(?:[A-Za-z0-9][A-Za-z0-9-]{0,61})?[A-Za-z]"  # no top domain ends in a digit
# RFC 5321 section 4.5.3.1: 64 octets before the @, 254 in all (a path has 256 with its < >).
_WIRE = re.compile(rf"(?=[^@]{{1,64}}@)(?=.{{3,254}}\Z){_DOT_ATOM}@(?:{_LABEL}\.)+{_TOP}")
_LOCAL = re.compile(_DOT_ATOM)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"')
_ESCAPED = re.compile(r"\\(.)")
_ATOMS = re.compile(rf"{_ATOM}(?: {_ATOM})*")
_SPECIALS = frozenset('()<>[]:;@\\,"')


class AddressError(ValueError):
    """This is not one address that mail can be sent to; the message says why, for the caller."""


@dataclass(frozen=True, slots=True)
class Address:
    """`email` as on the wire (the case before the @ is kept), `name` as a reader sees it."""

    email: str
    name: str = ""

    @property
    def domain(self) -> str:
        """The part behind the @, lower case and ASCII."""
        return self.email.rpartition("@")[2]

    def __str__(self) -> str:
        """Give the text that `parse_address` reads back as this address."""
        return f"{phrase(self.name)} <{self.email}>" if self.name else self.email


def parse_address(text: str) -> Address:
    """Read `a@b.example`, `Name <a@b.example>` or `"Name, Jr" <a@b.example>`; refuse all else."""
    if is_wire_address(text) and "--" not in text:
        return Address(_lowered(text))
    _check_shape(text)
    if not text.endswith(">"):
        return Address(_email(text))
    head, bracket, email = text[:-1].rpartition("<")
    if not bracket:
        raise AddressError("A > needs a < before the address.")
    return Address(_email(email), _display_name(head.strip(" ")))


def is_wire_address(email: str) -> bool:
    """Tell whether this could be the `email` of an `Address`: strict ASCII, nothing to decode.

    An encoded word is a correct local part, and some servers decode it into another recipient
    (PortSwigger, "Splitting the email atom", 2024). Not even its beginning is let through,
    because its end could stand in the next address of the list.
    """
    return _WIRE.fullmatch(email) is not None and "=?" not in email


def phrase(name: str) -> str:
    """Write an ASCII name so that no reader sees syntax in it (RFC 5322 section 3.2.5)."""
    if _ATOMS.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _lowered(email: str) -> str:
    local, _, domain = email.rpartition("@")
    return f"{local}@{domain.lower()}"


def _check_shape(text: str) -> None:
    if not text:
        raise AddressError("An address is missing.")
    if len(text) > MAX_ADDRESS:
        raise AddressError(f"An address has at most {MAX_ADDRESS} characters.")
    try:
        check_header_value(text)
    except HeaderError as error:
        raise AddressError(str(error)) from error


def _email(text: str) -> str:
    """Read the bare address; what the quick pattern does not know, email-validator settles."""
    if is_wire_address(text) and "--" not in text:
        return _lowered(text)
    local, at, domain = text.rpartition("@")
    if not at:
        raise AddressError("An address needs an @.")
    _check_local(local)
    try:
        # `test_environment` lets .test through, which no stranger can own (RFC 6761).
        checked = validate_email(
            f"{local}@{domain}",
            allow_smtputf8=False,
            strict=True,
            check_deliverability=False,
            test_environment=True,
        )
    except EmailNotValidError as error:
        raise AddressError(str(error)) from error
    email = f"{local}@{checked.ascii_domain.lower()}"
    if not is_wire_address(email):
        raise AddressError("The part after the @ is not a domain that mail can be sent to.")
    return email


def _check_local(local: str) -> None:
    if "," in local or ";" in local:
        raise AddressError("One address is wanted here, not a list or a group.")
    if len(local) > 64:  # noqa: PLR2004 - RFC 5321 section 4.5.3.1.1
        raise AddressError("The part before the @ has at most 64 characters.")
    if "=?" in local:
        raise AddressError("The part before the @ may not have =? in it.")
    if not _LOCAL.fullmatch(local):
        raise AddressError(
            "The part before the @ has letters, digits, dots and !#$%&'*+-/=?^_`{|}~."
        )


def _display_name(text: str) -> str:
    if quoted := _QUOTED.fullmatch(text):
        return _ESCAPED.sub(r"\1", quoted.group(1)).strip(" ")
    if not _SPECIALS.isdisjoint(text):
        raise AddressError('A name with one of ()<>[]:;@\\," belongs in double quotes.')
    return text
