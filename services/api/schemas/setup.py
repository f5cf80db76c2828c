"""How the installation is."""

from typing import ClassVar, Literal

from pydantic import ConfigDict, Field

from services.api.schemas.base import Shown, Timestamp


class CheckShown(Shown):
    """One thing that was looked at."""

    code: str = Field(description="Stable; docs/doctor.md lists them.")
    gravity: Literal["ok", "skipped", "warning", "error"]
    says: str
    mend: str | None = Field(default=None, description="A command, or what to do.")
    because: str | None = Field(default=None, description="The code that hides this one.")


class SetupStatus(Shown):
    """What the API can see of the installation. `status` is the worst gravity."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": "warning",
                    "checkedAt": "2026-11-30T09:30:00.000Z",
                    "checks": [
                        {"code": "database", "gravity": "ok", "says": "It answers."},
                        {
                            "code": "organizations",
                            "gravity": "warning",
                            "says": "1 may not send.",
                            "mend": "python -m deploy.brake  # who, why, and --release",
                        },
                    ],
                }
            ]
        }
    )

    status: Literal["ok", "warning", "error"]
    checked_at: Timestamp
    checks: list[CheckShown]
