"""The set-up operations of SES v2 in memory: moto knows no event destination and no MAIL FROM, and
forgets a tag that comes later.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Operations.html
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote

Json = dict[str, Any]
DKIM_ZONE: Final = "dkim.zone.example"

_ONE: Final = "([^/]+)"
_IDENTITIES: Final = "/v2/email/identities"
_SETS: Final = "/v2/email/configuration-sets"
_DESTINATIONS: Final = f"{_SETS}/{_ONE}/event-destinations"


class RefusedError(Exception):
    """`args`: the HTTP status, SES's name of the error."""


_NOT_FOUND: Final = RefusedError(HTTPStatus.NOT_FOUND, "NotFoundException")
_THERE: Final = RefusedError(HTTPStatus.BAD_REQUEST, "AlreadyExistsException")


@dataclass
class SesV2:
    """Of one account in one region. `has_topic`: whether SES can tell the SNS topic of this ARN."""

    has_topic: Callable[[str], bool]
    identities: dict[str, Json] = field(default_factory=dict)
    sets: dict[str, Json] = field(default_factory=dict)
    destinations: dict[str, dict[str, Json]] = field(default_factory=dict)

    def answer(self, method: str, path: str, body: Json) -> tuple[HTTPStatus, Json]:
        """As SES does."""
        for (verb, pattern), operation in self._operations().items():
            match = re.fullmatch(pattern, path)
            if verb == method and match:
                try:
                    return HTTPStatus.OK, operation(body, *map(unquote, match.groups())) or {}
                except RefusedError as error:
                    return error.args[0], {"__type": error.args[1], "message": "As on AWS."}
        raise NotImplementedError(f"{method} {path}")

    def _operations(self) -> Mapping[tuple[str, str], Callable[..., Json | None]]:
        return {
            ("POST", _IDENTITIES): self._create_identity,
            ("GET", f"{_IDENTITIES}/{_ONE}"): lambda _, name: _of(self.identities, name),
            ("DELETE", f"{_IDENTITIES}/{_ONE}"): lambda _, name: _take(self.identities, name),
            ("PUT", f"{_IDENTITIES}/{_ONE}/mail-from"): self._put_mail_from,
            ("PUT", f"{_IDENTITIES}/{_ONE}/dkim"): self._put_dkim,
            ("POST", _SETS): self._create_set,
            ("GET", f"{_SETS}/{_ONE}"): lambda _, name: _of(self.sets, name),
            ("DELETE", f"{_SETS}/{_ONE}"): lambda _, name: _take(self.sets, name),
            ("GET", _DESTINATIONS): self._list_destinations,
            ("POST", _DESTINATIONS): self._put_destination,
            ("PUT", f"{_DESTINATIONS}/{_ONE}"): self._put_destination,
            ("DELETE", f"{_DESTINATIONS}/{_ONE}"): self._drop_destination,
            ("POST", "/v2/email/tags"): self._tag,
        }

    def _create_identity(self, body: Json) -> Json:
        name = body["EmailIdentity"]
        if name in self.identities:
            raise _THERE
        dkim = {
            "SigningEnabled": True,
            "Status": "PENDING",
            "Tokens": [f"token{number}" for number in range(3)],
            "SigningHostedZone": DKIM_ZONE,
        }
        self.identities[name] = {
            "IdentityType": "DOMAIN",
            "DkimAttributes": dkim,
            "MailFromAttributes": {"BehaviorOnMxFailure": "USE_DEFAULT_VALUE"},
            "Tags": body.get("Tags", []),
        }
        return {"IdentityType": "DOMAIN", "DkimAttributes": dkim}

    def _put_mail_from(self, body: Json, name: str) -> None:
        _of(self.identities, name)["MailFromAttributes"] = body

    def _put_dkim(self, body: Json, name: str) -> None:
        _of(self.identities, name)["DkimAttributes"] |= body

    def _create_set(self, body: Json) -> None:
        name = body["ConfigurationSetName"]
        if name in self.sets:
            raise _THERE
        self.sets[name] = body
        self.destinations[name] = {}

    def _list_destinations(self, _: Json, name: str) -> Json:
        _of(self.sets, name)
        listed = [{"Name": name} | one for name, one in self.destinations[name].items()]
        return {"EventDestinations": listed}

    def _put_destination(self, body: Json, name: str, destination: str = "") -> None:
        _of(self.sets, name)
        if destination:
            _of(self.destinations[name], destination)
        told = body["EventDestination"]
        if not self.has_topic(told["SnsDestination"]["TopicArn"]):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "BadRequestException")
        self.destinations[name][destination or body["EventDestinationName"]] = told

    def _drop_destination(self, _: Json, name: str, destination: str) -> None:
        _take(self.destinations[name], destination)

    def _tag(self, body: Json) -> None:
        kind, name = body["ResourceArn"].rpartition(":")[2].split("/")
        where = self.sets if kind == "configuration-set" else self.identities
        _of(where, name).setdefault("Tags", []).extend(body["Tags"])


def _of(where: dict[str, Json], name: str) -> Json:
    if name not in where:
        raise _NOT_FOUND
    return where[name]


def _take(where: dict[str, Json], name: str) -> None:
    _of(where, name)
    del where[name]


def read(body: bytes) -> Json:
    """A GET has none."""
    told: Json = json.loads(body or b"{}")
    return told
