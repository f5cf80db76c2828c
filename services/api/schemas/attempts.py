"""Attempts to deliver to a webhook, on the wire."""

from typing import ClassVar

from pydantic import ConfigDict, Field

from common import ids
from services.api.dependencies import id_schema
from services.api.schemas.base import Shown, Timestamp

_EXAMPLE_DELIVERY = "dlv_01kamw6w9gfzcs2t7q4h5x8m3r"


class SentTest(Shown):
    """A test event is on its way."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={"examples": [{"success": True, "deliveryId": _EXAMPLE_DELIVERY}]}
    )

    success: bool
    delivery_id: str = Field(description="Find it in the webhook's attempts.")


class AttemptShown(Shown):
    """One try at telling an endpoint of an event, and what the endpoint said."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "atp_01kamw6y2ne4wr7d5s0k9c3bvj",
                    "_id": "atp_01kamw6y2ne4wr7d5s0k9c3bvj",
                    "deliveryId": _EXAMPLE_DELIVERY,
                    "eventId": "evt_01kamw6w8af2kt6m1x9j4p7d5s",
                    "event": "message.delivered",
                    "number": 1,
                    "status": 200,
                    "excerpt": "ok",
                    "latencyMs": 87,
                    "createdAt": "2026-11-22T09:30:01.250Z",
                }
            ]
        }
    )

    id: str = Field(json_schema_extra=id_schema(ids.ATTEMPT))
    id_again: str = Field(alias="_id", description="Equal to `id`.")
    delivery_id: str = Field(json_schema_extra=id_schema(ids.DELIVERY))
    event_id: str = Field(json_schema_extra=id_schema(ids.EVENT))
    event: str = Field(examples=["message.delivered"])
    number: int = Field(description="1 for the first attempt of this delivery.")
    status: int | None = Field(default=None, description="HTTP; absent where none came.")
    error: str | None = Field(default=None, description="Why it failed, where it did.")
    excerpt: str | None = Field(default=None, description="The first bytes of the answer.")
    latency_ms: int
    created_at: Timestamp
