"""The account's suppression list: mail to these addresses is accepted, and bounces at once."""

import time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.local.aws import rest_json
from deploy.local.aws.errors import BadRequest, NotFound
from deploy.local.aws.ses.addresses import bare

REASONS = ("BOUNCE", "COMPLAINT")
ALL = "/v2/email/suppression/addresses"
ONE = ALL + "/{address}"


class Suppression:
    def __init__(self) -> None:
        self._listed: dict[str, dict[str, Any]] = {}

    def __contains__(self, address: str) -> bool:
        return address.lower() in self._listed

    async def put(self, request: Request) -> Response:
        body = await rest_json.read(request)
        address = bare(str(body.get("EmailAddress") or ""))
        if body.get("Reason") not in REASONS:
            raise BadRequest(f"Reason must be one of {', '.join(REASONS)}.")
        self._listed[address.lower()] = {
            "EmailAddress": address,
            "Reason": body["Reason"],
            "LastUpdateTime": time.time(),
        }
        return rest_json.answer({})

    async def get(self, request: Request) -> Response:
        return rest_json.answer({"SuppressedDestination": self._listed[self._named(request)]})

    async def delete(self, request: Request) -> Response:
        del self._listed[self._named(request)]
        return rest_json.answer({})

    async def list_all(self, request: Request) -> Response:
        wanted = request.query_params.getlist("Reason") or REASONS
        shown = [entry for entry in self._listed.values() if entry["Reason"] in wanted]
        return rest_json.answer({"SuppressedDestinationSummaries": shown})

    def _named(self, request: Request) -> str:
        address: str = request.path_params["address"].lower()
        if address not in self._listed:
            raise NotFound(f"Email address {address} does not exist on your suppression list.")
        return address

    def routes(self) -> list[Route]:
        return [
            Route(ALL, self.put, methods=["PUT"]),
            Route(ALL, self.list_all, methods=["GET"]),
            Route(ONE, self.get, methods=["GET"]),
            Route(ONE, self.delete, methods=["DELETE"]),
        ]
