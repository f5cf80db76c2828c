"""Domains whose mail SES both sends and receives, as it is where a domain's MX is SES.

Off until somebody names domains: `--loopback DOMAIN`, or `POST /loopback` with `{"domains": [...],
"region": "eu-west-1"}`, which replaces all of it, so that `{}` turns it off again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.local.aws.sentences import sentence
from deploy.local.aws.ses.addresses import domain_of
from deploy.local.aws.ses.course import is_rejected
from deploy.local.aws.ses.journal import Accepted
from deploy.local.aws.ses.receiving.incoming import Incoming
from deploy.local.aws.ses.receiving.relay import relayed
from deploy.local.aws.ses.simulator import Outcome, outcomes
from deploy.local.aws.ses.suppression import Suppression

Domain = Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,253}$")]


class Domains(BaseModel):
    """`region` decides what SES's Message-ID looks like, and nothing else."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domains: tuple[Domain, ...] = ()
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")] = "us-east-1"


class Loopback:
    def __init__(
        self,
        take: Callable[[Incoming], Awaitable[None]],
        suppression: Suppression,
        domains: Sequence[str] = (),
    ) -> None:
        """Raises ValidationError for a domain that is none."""
        self._take = take
        self._suppression = suppression
        self._now = Domains(domains=tuple(domains))
        self._under_way: set[asyncio.Future[None]] = set()

    def deliver(self, accepted: Accepted) -> None:
        """To those at these domains, one mail for all of them. Nobody waits for it."""
        recipients = tuple(filter(self._is_ours, accepted.mail.destinations))
        if not recipients or is_rejected(accepted.mail):
            return
        mail = relayed(accepted, recipients, self._now.region)
        coming = asyncio.ensure_future(self._take(mail))
        # The loop itself holds a task by a weak reference only.
        self._under_way.add(coming)
        coming.add_done_callback(self._under_way.discard)

    def _is_ours(self, address: str) -> bool:
        if domain_of(address) not in [domain.lower() for domain in self._now.domains]:
            return False
        return Outcome.DELIVERED in outcomes(address, suppressed=address in self._suppression)

    async def domains(self, request: Request) -> Response:
        if request.method == "POST":
            try:
                self._now = Domains.model_validate_json(await request.body())
            except ValidationError as error:
                return sentence(error)
        return JSONResponse(self._now.model_dump())

    def routes(self) -> list[Route]:
        return [Route("/loopback", self.domains, methods=["GET", "POST"])]
