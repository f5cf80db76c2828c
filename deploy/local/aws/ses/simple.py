"""Content.Simple: SES builds the mail itself. Text, HTML and headers; no attachments here."""

from collections.abc import Mapping
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from deploy.local.aws.errors import BadRequest

ADDRESSED = {"ToAddresses": "To", "CcAddresses": "Cc"}


def compose(request: Mapping[str, Any]) -> bytes:
    """Raises BadRequest for a missing sender, an attachment or a header that is none."""
    content = request["Content"]["Simple"]
    if not request.get("FromEmailAddress"):
        raise BadRequest("FromEmailAddress is required.")
    if content.get("Attachments"):
        raise BadRequest("The local double takes attachments in Content.Raw only.")
    try:
        return _mail(request, content).as_bytes()
    except ValueError as error:
        raise BadRequest(str(error)) from error


def _mail(request: Mapping[str, Any], content: Mapping[str, Any]) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = request["FromEmailAddress"]
    for key, name in ADDRESSED.items():
        if boxes := (request.get("Destination") or {}).get(key):
            mail[name] = ", ".join(boxes)
    if reply_to := request.get("ReplyToAddresses"):
        mail["Reply-To"] = ", ".join(reply_to)
    mail["Subject"] = content.get("Subject", {}).get("Data", "")
    for header in content.get("Headers") or ():
        mail[header["Name"]] = header["Value"]
    _set_body(mail, content.get("Body") or {})
    return mail


def _set_body(mail: EmailMessage, body: Mapping[str, Any]) -> None:
    text, html = (body.get(part, {}).get("Data") for part in ("Text", "Html"))
    if text is None and html is None:
        raise BadRequest("Body must hold Text or Html.")
    if text is not None:
        mail.set_content(text)
        if html is not None:
            mail.add_alternative(html, subtype="html")
    else:
        mail.set_content(html, subtype="html")
