"""Labels: how many messages have each."""

from typing import ClassVar

from pydantic import ConfigDict, Field

from services.api.schemas.base import Shown


class LabelShown(Shown):
    """A label that messages of an inbox have."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        title="Label", json_schema_extra={"examples": [{"label": "orders", "count": 12}]}
    )

    label: str
    count: int = Field(ge=1, description="Messages that have it.")
