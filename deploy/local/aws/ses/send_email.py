"""SendEmail: fate, checks, acceptance, what follows of it, answer, in this order."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.local.aws import connection, rest_json
from deploy.local.aws.connection import hanging_up
from deploy.local.aws.errors import AwsError
from deploy.local.aws.ses import outgoing
from deploy.local.aws.ses.account import Allowance
from deploy.local.aws.ses.configuration_sets import ConfigurationSets
from deploy.local.aws.ses.faults import Fate, FaultPlan
from deploy.local.aws.ses.identities import check_sender
from deploy.local.aws.ses.journal import Accepted, Journal, Post

PATH = "/v2/email/outbound-emails"
LONGEST_HANG_SECONDS = 120
REFUSALS: dict[Fate, tuple[int, str, str]] = {
    Fate.THROTTLED: (429, "TooManyRequestsException", "Maximum sending rate exceeded."),
    Fate.REFUSED: (400, "MessageRejected", "Email was rejected, as a fault asked for."),
    Fate.ERROR_500: (500, "InternalServiceErrorException", "An unknown error has occurred."),
    Fate.ACCEPTED_500: (500, "InternalServiceErrorException", "An unknown error has occurred."),
    Fate.PAUSED: (400, "SendingPausedException", "Account sending is disabled."),
    Fate.SUSPENDED: (400, "AccountSuspendedException", "Account is suspended."),
    Fate.UNVERIFIED: (
        400,
        "MailFromDomainNotVerifiedException",
        "The MAIL FROM domain of the identity is not verified.",
    ),
    Fate.DAILY_QUOTA: (400, "LimitExceededException", "Daily message quota exceeded."),
}
TAKEN = (Fate.ACCEPTED, Fate.ACCEPTED_500, Fate.HUNG, Fate.RESET)


def _refusal(fate: Fate) -> AwsError:
    status, code, message = REFUSALS[fate]
    return AwsError(code, message, status)


class SendEmail:
    def __init__(
        self,
        plan: FaultPlan,
        allowance: Allowance,
        sets: ConfigurationSets,
        journal: Journal,
        follow: Sequence[Callable[[Accepted], None]],
    ) -> None:
        """`follow`: what comes of every mail that is accepted."""
        self._plan = plan
        self._allowance = allowance
        self._sets = sets
        self._journal = journal
        self._follow = follow

    async def send(self, request: Request) -> Response:
        body = await rest_json.read(request)
        post = self._journal.posts.note(body)
        if latency := self._plan.now.latency_ms:
            # A caller that hangs up meanwhile has asked all the same: the mail is accepted.
            await asyncio.sleep(latency / 1000)
        fate = self._plan.draw()
        accepted = self._decide(post, body, fate)
        return await self._answer(request, accepted, fate)

    def _decide(self, post: Post, body: dict[str, Any], fate: Fate) -> Accepted:
        try:
            if fate not in TAKEN:
                raise _refusal(fate)
            accepted = self._accept(outgoing.read(body))
        except AwsError as error:
            post.outcome = error.code
            raise
        post.outcome = fate.value
        return accepted

    def _accept(self, mail: outgoing.Outgoing) -> Accepted:
        check_sender(mail.source)
        if mail.configuration_set is not None:
            self._sets.check_sending(mail.configuration_set)
        self._allowance.check_open()
        self._allowance.charge(len(mail.destinations))
        accepted = self._journal.accept(mail)
        for step in self._follow:
            step(accepted)
        return accepted

    async def _answer(self, request: Request, accepted: Accepted, fate: Fate) -> Response:
        if fate is Fate.ACCEPTED_500:
            raise _refusal(fate)
        if fate in (Fate.HUNG, Fate.RESET):
            async with hanging_up(request) as gone:
                if fate is Fate.HUNG:
                    await asyncio.wait({gone}, timeout=LONGEST_HANG_SECONDS)
                connection.reset(request)
                await gone
        return rest_json.answer({"MessageId": accepted.message_id})

    def routes(self) -> list[Route]:
        return [Route(PATH, self.send, methods=["POST"])]
