"""What the README says of settings is what the code reads."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from common.settings import Settings

README = Path(__file__).parents[2] / "README.md"
URLS = {"database_url": "postgresql://u:p@localhost/d", "redis_url": "redis://localhost"}


def _row(name: str) -> str:
    field = Settings.model_fields[name]
    shown = field.validation_alias or f"POSTROOM_{name.upper()}"
    default = str(field.default).lower() if isinstance(field.default, bool) else field.default
    value = "**needed**" if field.is_required() else "" if default is None else f"`{default}`"
    return f"| `{shown}` | {value} | {field.description} |"


def test_every_setting_stands_in_the_readme_with_its_default_and_its_sentence() -> None:
    listed = [line for line in README.read_text().splitlines() if line.startswith("| `")]

    assert [_row(name) for name in Settings.model_fields] == listed


@pytest.mark.parametrize(
    "wrong",
    [
        {"send_lease_seconds": 23.0},
        {"delivery_lease_seconds": 45.0},
        {"tick_seconds": 0.0},
        {"port": 70000},
    ],
)
def test_a_setting_that_cannot_be_right_stops_the_process(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Settings(**URLS | wrong)  # type: ignore[arg-type]


def test_a_wrong_setting_is_told_without_the_secret_that_it_may_hold() -> None:
    with pytest.raises(ValidationError) as raised:
        Settings(database_url="mysql://u:secret@localhost/d", redis_url="redis://localhost")

    assert "secret" not in str(raised.value)
