"""Domains and addresses that may send.

There is no DNS here to prove a domain with, so an identity is pending in the answer that creates
it and verified ever after; except below `unverified.`, which stays pending and may not send. An
address or domain that was never created may send too: a local double is no place to register.
A MAIL FROM domain below `unverified.` stays pending as well.
"""

from collections.abc import Sequence
from hashlib import blake2s
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.local.aws import rest_json
from deploy.local.aws.errors import AwsError, BadRequest, NotFound
from deploy.local.aws.ses.addresses import bare, domain_of

NEVER_VERIFIED = "unverified."
ONE = "/v2/email/identities/{identity}"


def dkim_tokens(domain: str) -> list[str]:
    """Three tokens of 32 letters and digits; the same at every start."""
    return [blake2s(f"{n}.{domain}".encode(), digest_size=16).hexdigest() for n in range(3)]


def is_verified(identity: str) -> bool:
    return not domain_of(identity).startswith(NEVER_VERIFIED)


def check_sender(source: str) -> None:
    """Raises MessageRejected for a sender that SES does not know to be ours."""
    address = bare(source)
    if not is_verified(address):
        failed = f"The following identities failed the check in region US-EAST-1: {address}"
        raise AwsError("MessageRejected", f"Email address is not verified. {failed}")


def _dkim(identity: str, verified: bool, signing: bool = True) -> dict[str, Any]:
    return {
        "SigningEnabled": signing,
        "Status": "SUCCESS" if verified else "PENDING",
        "Tokens": dkim_tokens(identity),
        "SigningAttributesOrigin": "AWS_SES",
        "NextSigningKeyLength": "RSA_2048_BIT",
        "CurrentSigningKeyLength": "RSA_2048_BIT",
    }


def _shown(identity: str, verified: bool) -> dict[str, Any]:
    is_address = "@" in identity
    shown = {
        "IdentityType": "EMAIL_ADDRESS" if is_address else "DOMAIN",
        "VerifiedForSendingStatus": verified,
    }
    return shown if is_address else shown | {"DkimAttributes": _dkim(identity, verified)}


def _mail_from(about: dict[str, Any]) -> dict[str, Any]:
    asked = about.get("MailFrom") or {}
    behavior = asked.get("BehaviorOnMxFailure") or "USE_DEFAULT_VALUE"
    if not (domain := asked.get("MailFromDomain")):
        return {"MailFromAttributes": {"BehaviorOnMxFailure": behavior}}
    status = "SUCCESS" if is_verified(domain) else "PENDING"
    told = {"MailFromDomain": domain, "MailFromDomainStatus": status}
    return {"MailFromAttributes": told | {"BehaviorOnMxFailure": behavior}}


class Identities:
    def __init__(self, domains: Sequence[str] = ()) -> None:
        """`domains` are there from the start, each with a MAIL FROM domain of its own."""
        self._known: dict[str, dict[str, Any]] = {
            domain.lower(): {"MailFrom": {"MailFromDomain": f"bounce.{domain.lower()}"}}
            for domain in domains
        }

    async def create(self, request: Request) -> Response:
        body = await rest_json.read(request)
        identity = str(body.get("EmailIdentity") or "").lower()
        if not identity:
            raise BadRequest("EmailIdentity is required.")
        if identity in self._known:
            words = f"Email identity {identity} already exist."
            raise AwsError("AlreadyExistsException", words)
        self._known[identity] = body
        return rest_json.answer(_shown(identity, verified=False))

    async def get(self, request: Request) -> Response:
        identity = self._named(request)
        verified = is_verified(identity)
        about = self._known[identity]
        shown = _shown(identity, verified)
        if "DkimAttributes" in shown:
            shown["DkimAttributes"] = _dkim(identity, verified, about.get("Signing", True))
        return rest_json.answer(
            shown
            | _mail_from(about)
            | {
                "FeedbackForwardingStatus": True,
                "VerificationStatus": "SUCCESS" if verified else "PENDING",
                "Policies": {},
                "Tags": about.get("Tags") or [],
                "ConfigurationSetName": about.get("ConfigurationSetName"),
            }
        )

    async def put_mail_from(self, request: Request) -> Response:
        self._known[self._named(request)]["MailFrom"] = await rest_json.read(request)
        return rest_json.answer({})

    async def put_dkim(self, request: Request) -> Response:
        signing = (await rest_json.read(request)).get("SigningEnabled", False)
        self._known[self._named(request)]["Signing"] = signing
        return rest_json.answer({})

    async def delete(self, request: Request) -> Response:
        del self._known[self._named(request)]
        return rest_json.answer({})

    async def list_all(self, _: Request) -> Response:
        shown = [
            {
                "IdentityType": _shown(identity, verified=True)["IdentityType"],
                "IdentityName": identity,
                "SendingEnabled": is_verified(identity),
                "VerificationStatus": "SUCCESS" if is_verified(identity) else "PENDING",
            }
            for identity in sorted(self._known)
        ]
        return rest_json.answer({"EmailIdentities": shown})

    def _named(self, request: Request) -> str:
        identity: str = request.path_params["identity"].lower()
        if identity not in self._known:
            raise NotFound(f"Email identity {identity} does not exist.")
        return identity

    def routes(self) -> list[Route]:
        return [
            Route("/v2/email/identities", self.create, methods=["POST"]),
            Route("/v2/email/list-identities", self.list_all, methods=["POST"]),
            Route(ONE, self.get, methods=["GET"]),
            Route(ONE, self.delete, methods=["DELETE"]),
            Route(ONE + "/mail-from", self.put_mail_from, methods=["PUT"]),
            Route(ONE + "/dkim", self.put_dkim, methods=["PUT"]),
        ]
