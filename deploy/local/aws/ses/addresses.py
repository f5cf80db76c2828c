"""Which addresses SES takes, and in which words it refuses the others.

SES checks like JavaMail's strict `InternetAddress` and answers with that library's sentences.
"""

import re

from deploy.local.aws.errors import BadRequest

LONGEST = 320
CONTROL_OR_WHITESPACE = re.compile(r"[^!-~]")
ILLEGAL_IN_DOMAIN = re.compile(r"[,;:<>()\[\]\\\"@]")


def bare(mailbox: str) -> str:
    """The address inside `Name <address>`, or the address itself.

    Raises BadRequest where SES does.
    """
    text = mailbox.strip()
    address = text[text.rfind("<") + 1 : -1].strip() if text.endswith(">") else text
    local, domain = _split(address)
    _check_local(local)
    _check_domain(domain)
    if len(address) > LONGEST:
        raise BadRequest(f"Email address is longer than {LONGEST} characters.")
    return address


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _split(address: str) -> tuple[str, str]:
    quoted = address.startswith('"')
    local, at, domain = address.rpartition("@") if quoted else address.partition("@")
    if not at:
        if address:  # SES reads from the left: it meets a blank before it misses the @
            _check_local(address)
        raise BadRequest("Missing final '@domain'")
    return local, domain


def _check_local(local: str) -> None:
    if local.startswith('"') and local.endswith('"'):
        return
    if CONTROL_OR_WHITESPACE.search(local):
        raise BadRequest("Local address contains control or whitespace")
    if not local:
        raise BadRequest("Missing local name")


def _check_domain(domain: str) -> None:
    if not domain:
        raise BadRequest("Missing domain")
    if CONTROL_OR_WHITESPACE.search(domain):
        raise BadRequest("Domain contains control or whitespace")
    if ILLEGAL_IN_DOMAIN.search(domain):
        raise BadRequest("Domain contains illegal character")
