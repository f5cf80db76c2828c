"""What is no AWS: reading what SES accepted, asking for faults, setting the account."""

import orjson
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.local.aws.ses.account import Account, Allowance
from deploy.local.aws.ses.faults import FaultPlan, Faults
from deploy.local.aws.ses.journal import Journal, shown


def _sentence(error: ValidationError) -> Response:
    """400 with one sentence for each thing that is wrong."""
    said = [
        (".".join(map(str, e["loc"])), e["msg"].removeprefix("Value error, "))
        for e in error.errors()
    ]
    words = "; ".join(f"{where}: {what}" if where else what for where, what in said)
    return JSONResponse({"error": words + "."}, 400)


class Control:
    def __init__(self, journal: Journal, plan: FaultPlan, allowance: Allowance) -> None:
        self._journal = journal
        self._plan = plan
        self._allowance = allowance

    async def health(self, _: Request) -> Response:
        return JSONResponse({"status": "ready"})

    async def sent(self, request: Request) -> Response:
        found = [shown(mail) for mail in self._journal.since(request.query_params.get("since"))]
        return Response(orjson.dumps(found), media_type="application/json")

    async def faults(self, request: Request) -> Response:
        if request.method == "POST":
            try:
                self._plan.set(Faults.model_validate_json(await request.body()))
            except ValidationError as error:
                return _sentence(error)
        return JSONResponse(self._plan.now.model_dump(by_alias=True))

    async def account(self, request: Request) -> Response:
        if request.method == "POST":
            try:
                self._allowance.set(Account.model_validate_json(await request.body()))
            except ValidationError as error:
                return _sentence(error)
        account = self._allowance.account.model_dump(by_alias=True)
        return JSONResponse(account | {"sentLast24Hours": self._allowance.sent})

    def routes(self) -> list[Route]:
        return [
            Route("/health", self.health, methods=["GET"]),
            Route("/sent", self.sent, methods=["GET"]),
            Route("/faults", self.faults, methods=["GET", "POST"]),
            Route("/account", self.account, methods=["GET", "POST"]),
        ]
