"""SES: the domain that mail is from, Easy DKIM, and the domain of its return path."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from deploy.aws.resource import Account, Found, is_missing

if TYPE_CHECKING:
    from mypy_boto3_sesv2.type_defs import GetEmailIdentityResponseTypeDef


@dataclass(frozen=True, slots=True)
class Identity:
    """A domain that somebody else has set up in SES is used as it is, with the return path that it
    has; it never becomes ours, as other mail may need it.
    """

    account: Account

    @property
    def title(self) -> str:
        return f"SES identity {self._domain}"

    @property
    def _domain(self) -> str:
        return self.account.blueprint.domain

    def shown(self) -> "GetEmailIdentityResponseTypeDef | None":
        """As SES knows it; None where it does not."""
        try:
            return self.account.clients.sesv2.get_email_identity(EmailIdentity=self._domain)
        except ClientError as error:
            if is_missing(error):
                return None
            raise

    def find(self) -> Found | None:
        shown = self.shown()
        if shown is None:
            return None
        is_ours = self.account.is_tagged(shown.get("Tags"))
        differs = []
        if not shown.get("DkimAttributes", {}).get("SigningEnabled"):
            differs.append("SigningEnabled")
        mail_from = shown.get("MailFromAttributes", {}).get("MailFromDomain", "")
        if not mail_from or (is_ours and mail_from != self.account.blueprint.mail_from):
            differs.append("MailFromDomain")
        return Found(is_ours, tuple(differs))

    def make(self) -> None:
        self.account.clients.sesv2.create_email_identity(
            EmailIdentity=self._domain,
            DkimSigningAttributes={"NextSigningKeyLength": "RSA_2048_BIT"},
            Tags=self.account.tags,
        )
        self._set_mail_from()

    def mend(self) -> None:
        found = self.find()
        if found and "SigningEnabled" in found.differs:
            self.account.clients.sesv2.put_email_identity_dkim_attributes(
                EmailIdentity=self._domain, SigningEnabled=True
            )
        if found and "MailFromDomain" in found.differs:
            self._set_mail_from()

    def delete(self) -> None:
        self.account.clients.sesv2.delete_email_identity(EmailIdentity=self._domain)

    def _set_mail_from(self) -> None:
        """While its MX record is not found SES sends from its own domain, and mail still goes."""
        self.account.clients.sesv2.put_email_identity_mail_from_attributes(
            EmailIdentity=self._domain,
            MailFromDomain=self.account.blueprint.mail_from,
            BehaviorOnMxFailure="USE_DEFAULT_VALUE",
        )
