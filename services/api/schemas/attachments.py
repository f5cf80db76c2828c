"""A message's files as they are shown."""

from pydantic import Field

from services.api.dependencies import id_schema
from services.api.schemas.base import Shown


class AttachmentShown(Shown):
    """A file that a message carries."""

    id: str = Field(json_schema_extra=id_schema("att"))
    name: str = Field(examples=["report.pdf"])
    content_type: str = Field(examples=["application/pdf"], description="As its sender called it.")
    detected_type: str | None = Field(
        None, examples=["application/pdf"], description="By its first bytes, where it was received."
    )
    size: int = Field(description="Bytes.")
    content_id: str | None = Field(
        None, examples=["logo@shop"], description="By which the HTML names it (`cid:`, RFC 2392)."
    )
    inline: bool | None = Field(None, description="Only where true: it is a part of the text.")
    content: str | None = Field(
        None,
        description="Base64; only where one message is asked for, and never where SES has found a "
        "virus in it.",
    )
