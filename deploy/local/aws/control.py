"""What is no AWS: reading what SES accepted, asking for faults, setting the account.

`GET /sent?since=ID&raw=false`: what SES accepted, newest first. `GET /posts?since=NUMBER`: every
call of SendEmail with its outcome, oldest first.
"""

import orjson
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.local.aws.sentences import refusal, sentence
from deploy.local.aws.ses.account import Account, Allowance
from deploy.local.aws.ses.faults import FaultPlan, Faults
from deploy.local.aws.ses.journal import Journal, shown, shown_post


class Control:
    def __init__(self, journal: Journal, plan: FaultPlan, allowance: Allowance) -> None:
        self._journal = journal
        self._plan = plan
        self._allowance = allowance

    async def health(self, _: Request) -> Response:
        return JSONResponse({"status": "ready"})

    async def sent(self, request: Request) -> Response:
        asked = request.query_params
        raw = asked.get("raw") != "false"
        found = [shown(mail, raw=raw) for mail in self._journal.since(asked.get("since"))]
        return Response(orjson.dumps(found), media_type="application/json")

    async def posts(self, request: Request) -> Response:
        since = request.query_params.get("since", "0")
        if not (since.isascii() and since.isdecimal()):
            return refusal("since is the number of a post.")
        found = [shown_post(post) for post in self._journal.posts.since(int(since))]
        return Response(orjson.dumps(found), media_type="application/json")

    async def faults(self, request: Request) -> Response:
        if request.method == "POST":
            try:
                self._plan.set(Faults.model_validate_json(await request.body()))
            except ValidationError as error:
                return sentence(error)
        return JSONResponse(self._plan.now.model_dump(by_alias=True))

    async def account(self, request: Request) -> Response:
        if request.method == "POST":
            try:
                self._allowance.set(Account.model_validate_json(await request.body()))
            except ValidationError as error:
                return sentence(error)
        account = self._allowance.account.model_dump(by_alias=True)
        return JSONResponse(account | {"sentLast24Hours": self._allowance.sent})

    def routes(self) -> list[Route]:
        return [
            Route("/health", self.health, methods=["GET"]),
            Route("/sent", self.sent, methods=["GET"]),
            Route("/posts", self.posts, methods=["GET"]),
            Route("/faults", self.faults, methods=["GET", "POST"]),
            Route("/account", self.account, methods=["GET", "POST"]),
        ]
