"""Configuration sets and where their events go. The set `postroom` is there from the start."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.local.aws import rest_json
from deploy.local.aws.arns import arn
from deploy.local.aws.errors import AwsError, BadRequest, NotFound

NAME = "postroom"
TOPIC = arn("sns", "postroom-feedback")
EVENT_TYPES = ["SEND", "REJECT", "BOUNCE", "COMPLAINT", "DELIVERY", "DELIVERY_DELAY"]
EVENT_TYPES += ["RENDERING_FAILURE"]
FEEDBACK = {
    "Enabled": True,
    "MatchingEventTypes": EVENT_TYPES,
    "SnsDestination": {"TopicArn": TOPIC},
}
SETS = "/v2/email/configuration-sets"
ONE = SETS + "/{name}"
DESTINATIONS = ONE + "/event-destinations"
DESTINATION = DESTINATIONS + "/{destination}"


def _missing(name: str) -> NotFound:
    return NotFound(f"Configuration set <{name}> does not exist.")


class ConfigurationSets:
    def __init__(self) -> None:
        self._sets: dict[str, dict[str, Any]] = {NAME: {}}
        self._destinations: dict[str, dict[str, Mapping[str, Any]]] = {NAME: {"feedback": FEEDBACK}}

    def check(self, name: str) -> None:
        """Raises NotFound."""
        if name not in self._sets:
            raise _missing(name)

    def check_sending(self, name: str) -> None:
        """Raises NotFound, and what SES answers while the set is paused."""
        self.check(name)
        if not self._sets[name].get("SendingOptions", {}).get("SendingEnabled", True):
            words = f"Sending is paused for configuration set <{name}>."
            raise AwsError("SendingPausedException", words)

    def topics(self, name: str, event_type: str) -> list[str]:
        """The SNS topics that are told of an event of this type, `Delivery` or `DeliveryDelay`."""
        wanted = "".join(f"_{c}" if c.isupper() else c for c in event_type).strip("_").upper()
        return [
            destination["SnsDestination"]["TopicArn"]
            for destination in self._destinations.get(name, {}).values()
            if destination.get("Enabled") and wanted in destination.get("MatchingEventTypes", ())
            if "SnsDestination" in destination
        ]

    async def create(self, request: Request) -> Response:
        body = await rest_json.read(request)
        name = body.get("ConfigurationSetName")
        if not name:
            raise BadRequest("ConfigurationSetName is required.")
        if name in self._sets:
            raise AwsError("AlreadyExistsException", f"Configuration set <{name}> already exists.")
        self._sets[name] = body
        self._destinations[name] = {}
        return rest_json.answer({})

    async def get(self, request: Request) -> Response:
        name = self._named(request)
        shown = {"SendingOptions": {"SendingEnabled": True}, "Tags": []} | self._sets[name]
        return rest_json.answer(shown | {"ConfigurationSetName": name})

    async def delete(self, request: Request) -> Response:
        name = self._named(request)
        del self._sets[name], self._destinations[name]
        return rest_json.answer({})

    async def list_all(self, _: Request) -> Response:
        return rest_json.answer({"ConfigurationSets": sorted(self._sets)})

    async def create_destination(self, request: Request) -> Response:
        name = self._named(request)
        body = await rest_json.read(request)
        destination = body.get("EventDestinationName")
        if not destination:
            raise BadRequest("EventDestinationName is required.")
        if destination in self._destinations[name]:
            words = f"Event destination <{destination}> already exists."
            raise AwsError("AlreadyExistsException", words)
        self._destinations[name][destination] = body.get("EventDestination") or {}
        return rest_json.answer({})

    async def get_destinations(self, request: Request) -> Response:
        found = self._destinations[self._named(request)]
        shown = [
            {"Enabled": False, "MatchingEventTypes": [], **d, "Name": n} for n, d in found.items()
        ]
        return rest_json.answer({"EventDestinations": shown})

    async def update_destination(self, request: Request) -> Response:
        body = await rest_json.read(request)
        destinations, destination = self._destination(request)
        destinations[destination] = body.get("EventDestination") or {}
        return rest_json.answer({})

    async def delete_destination(self, request: Request) -> Response:
        destinations, destination = self._destination(request)
        del destinations[destination]
        return rest_json.answer({})

    async def put_sending(self, request: Request) -> Response:
        body = await rest_json.read(request)
        enabled = {"SendingEnabled": bool(body.get("SendingEnabled"))}
        self._sets[self._named(request)]["SendingOptions"] = enabled
        return rest_json.answer({})

    def _destination(self, request: Request) -> tuple[dict[str, Mapping[str, Any]], str]:
        destinations = self._destinations[self._named(request)]
        name = request.path_params["destination"]
        if name not in destinations:
            raise NotFound(f"Event destination <{name}> does not exist.")
        return destinations, name

    def _named(self, request: Request) -> str:
        name: str = request.path_params["name"]
        self.check(name)
        return name

    def routes(self) -> list[Route]:
        return [
            Route(SETS, self.create, methods=["POST"]),
            Route("/v2/email/list-configuration-sets", self.list_all, methods=["POST"]),
            Route(ONE, self.get, methods=["GET"]),
            Route(ONE, self.delete, methods=["DELETE"]),
            Route(DESTINATIONS, self.create_destination, methods=["POST"]),
            Route(DESTINATIONS, self.get_destinations, methods=["GET"]),
            Route(DESTINATION, self.update_destination, methods=["PUT"]),
            Route(DESTINATION, self.delete_destination, methods=["DELETE"]),
            Route(ONE + "/sending", self.put_sending, methods=["PUT"]),
        ]
