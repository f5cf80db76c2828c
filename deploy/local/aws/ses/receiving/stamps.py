"""The headers that SES puts on top of a mail it received, as mails in real buckets have them."""

from email.utils import format_datetime

from deploy.local.aws.ses.addresses import domain_of
from deploy.local.aws.ses.headers import Header
from deploy.local.aws.ses.receiving.incoming import Incoming, Peer, Status, author

# Of the right shape and of no worth: no key is behind them.
RECEIPT = "AEFBQUFBQUFBQUFF" + "A" * 446 + "=="
SIGNATURE = (
    f"a=rsa-sha256; q=dns/txt; b={'A' * 171}=; c=relaxed/simple;"
    " s=224i4yxa5dv7c2xz3womw6peuasteono; d=amazonses.com; t={}; v=1;"
    f" bh={'A' * 43}=;"
    " h=From:To:Cc:Bcc:Subject:Date:Message-ID:MIME-Version:Content-Type:X-SES-RECEIPT;"
)
SPF = {
    Status.PASS: "pass (spfCheck: domain of {domain} designates {ip} as permitted sender)",
    Status.FAIL: "fail (spfCheck: domain of {domain} does not designate {ip} as permitted sender)",
    Status.GRAY: "none (spfCheck: {ip} is neither permitted nor denied by domain of {domain})",
    Status.PROCESSING_FAILED: "temperror (spfCheck: Error in retrieving data from DNS)",
}
# A mail without a signature has no word on DKIM at all.
DKIM = {Status.PASS: "pass", Status.FAIL: "fail", Status.PROCESSING_FAILED: "temperror"}
DMARC = DKIM | {Status.GRAY: "none"}
FOLD = "\r\n "


def stamps(mail: Incoming) -> list[Header]:
    """In SES's order, values folded."""
    spf, domain = _spf(mail), domain_of(author(mail.headers))
    results = ["amazonses.com;", *([f"spf={spf}"] if spf else []), *_signed(mail, domain)]
    found: list[Header | None] = [
        ("Return-Path", f"<{mail.sender}>"),
        ("Received", _received(mail)),
        _scanned(mail, "Spam"),
        _scanned(mail, "Virus"),
        ("Received-SPF", spf) if spf else None,
        ("Authentication-Results", FOLD.join(results)),
        ("X-SES-RECEIPT", RECEIPT),
        ("X-SES-DKIM-SIGNATURE", SIGNATURE.format(int(mail.at.timestamp()))),
    ]
    return [header for header in found if header]


def stamped(mail: Incoming) -> bytes:
    """The mail as it lies in the bucket: its own bytes are as they came."""
    return "".join(f"{name}: {value}\r\n" for name, value in stamps(mail)).encode() + mail.raw


def _received(mail: Incoming) -> str:
    """Of several recipients SES names one."""
    peer: Peer = mail.peer
    return FOLD.join(
        [
            f"from {peer.name} ({peer.name} [{peer.ip}])",
            f"by inbound-smtp.us-east-1.amazonaws.com with SMTP id {mail.message_id}",
            f"for {mail.recipients[0]};",
            f"{format_datetime(mail.at)} (UTC)",
        ]
    )


def _scanned(mail: Incoming, name: str) -> Header | None:
    verdict = mail.verdicts[name.lower()]
    return None if verdict is Status.DISABLED else (f"X-SES-{name}-Verdict", verdict)


def _spf(mail: Incoming) -> str | None:
    """Empty return paths are judged by the server's name (RFC 7208 section 2.4)."""
    words = SPF.get(mail.verdicts["spf"])
    if words is None:
        return None
    checked = mail.sender or f"postmaster@{mail.peer.name}"
    said = words.format(domain=domain_of(checked), ip=mail.peer.ip)
    return f"{said} client-ip={mail.peer.ip}; envelope-from={checked}; helo={mail.peer.name};"


def _signed(mail: Incoming, domain: str) -> list[str]:
    dkim, dmarc = DKIM.get(mail.verdicts["dkim"]), DMARC.get(mail.verdicts["dmarc"])
    signers = [domain, *mail.peer.signers]
    return [
        *(f"dkim={dkim} header.i=@{signer};" for signer in signers if dkim),
        *([f"dmarc={dmarc} header.from={domain};"] if dmarc else []),
    ]
