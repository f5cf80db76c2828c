"""The settings: whether they can be read, name one region, and have the keys of the vault."""

from collections.abc import Iterator
from typing import Final

from pydantic import ValidationError

from common.settings import Settings
from common.vault import Vault, VaultError
from deploy.doctor import arns
from deploy.doctor.findings import Finding, Subject, error, judged, ok
from deploy.doctor.world import World

SUBJECT: Final = Subject(
    "environment",
    {
        "settings": "Every setting is there and has a value that can be.",
        "region": "The queues are in `POSTROOM_AWS_REGION`.",
        "secret_keys": "`POSTROOM_SECRET_KEYS` is there and can be read.",
    },
)
_NEW_KEYS: Final = (
    "export POSTROOM_SECRET_KEYS=$(python -c 'import base64, os;"
    ' print("2026:" + base64.b64encode(os.urandom(32)).decode())\')'
)


def unreadable(wrong: ValidationError) -> Finding:
    """By the names of the settings alone: their values may be secrets."""
    names = sorted({_shown(str(one["loc"][0])) for one in wrong.errors() if one["loc"]})
    words = sorted(one["msg"] for one in wrong.errors() if not one["loc"])
    says = f"Cannot be used: {', '.join([*names, *words])}."
    return error("settings", says, "Set them: the README lists each, `.env.example` the least.")


def _shown(name: str) -> str:
    field = Settings.model_fields.get(name)
    alias = str(field.validation_alias) if field and field.validation_alias else name
    return alias if alias.isupper() else f"POSTROOM_{name.upper()}"


def examine(world: World) -> Iterator[Finding]:
    yield ok("settings", "All can be read.")
    yield judge_region(world.settings)
    yield judge_keys(world.settings)


def judge_region(settings: Settings) -> Finding:
    urls = filter(None, (settings.feedback_queue_url, settings.inbound_queue_url))
    found = {region for url in urls if (region := arns.region_of_queue(url))}
    others = sorted(found - {settings.aws_region})
    return judged(
        "region",
        not others,
        f"{settings.aws_region}.",
        f"POSTROOM_AWS_REGION is {settings.aws_region}, and a queue is in {', '.join(others)}.",
        f"export POSTROOM_AWS_REGION={others[0] if others else ''}",
    )


def judge_keys(settings: Settings) -> Finding:
    try:
        vault = Vault.of(settings)
    except VaultError as lack:
        return error("secret_keys", f"{lack}.", _NEW_KEYS)
    return ok("secret_keys", f"{len(vault.keys)}, the first of which seals.")
