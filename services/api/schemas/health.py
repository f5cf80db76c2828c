"""How the process is."""

from typing import ClassVar, Literal

from pydantic import ConfigDict

from services.api.schemas.base import Shown


class Alive(Shown):
    """The process is up."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"status": "ok"}]}
    )

    status: Literal["ok"]


class Ready(Shown):
    """What the process needs, and whether it answers."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"status": "ok", "database": "ok", "broker": "ok"}]}
    )

    status: Literal["ok", "degraded"]
    database: Literal["ok"]
    broker: Literal["ok", "unreachable"]
