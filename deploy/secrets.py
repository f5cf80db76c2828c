"""`python -m deploy.secrets`: seals every webhook secret with the first of POSTROOM_SECRET_KEYS.

Where a key is to change, every process must know the new one before any seals with it: put it
behind the old one and start `services.api` and `services.webhooks` anew, then in front and start
them again; run this until it says `"sealed": 0`; take the old key away. It also seals what was
stored plain, before there were keys.

It reads DATABASE_URL and POSTROOM_SECRET_KEYS, and prints `{"sealed": 3, "current": 40}`: how many
were sealed anew, and how many needed it not. Exit 2 for what makes no sense, 1 where the database
does not answer, or holds a secret that none of the keys opens; what was sealed until then stays
sealed, and all of it still opens.
"""

import json
import os
import sys
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from common import ids
from common.db import as_json, recordset
from common.models import Webhook
from common.settings import with_driver
from common.vault import Vault, VaultError

_BATCH: Final = 200
_PLAIN: Final = "whsec_"
_BEFORE_ALL: Final = UUID(int=0)

# Locked, so that no rotation of the API's comes between what is read and what is written; in the
# order of the webhook worker's own locks. Deleted ones too: no row may need an old key.
_READ: Final = sa.text("""
SELECT id, secret, old_secret FROM webhook WHERE id > :after
ORDER BY id LIMIT :batch FOR NO KEY UPDATE
""")
_WRITE: Final = sa.text(f"""
UPDATE webhook w SET secret = n.secret, old_secret = n.old_secret
FROM (SELECT id AS changed, secret, old_secret FROM {recordset(Webhook)}) n
WHERE w.id = n.changed
""")


class UsageError(ValueError):
    """What was asked makes no sense; the message is a sentence for a person."""


class UnopenedError(Exception):
    """A secret that no key opens; the message names its webhook."""


@dataclass(slots=True)
class Sealing:
    """One run, and how many secrets it has met."""

    vault: Vault
    sealed: int = 0
    current: int = 0

    def all(self, engine: sa.Engine, batch: int = _BATCH) -> None:
        """In transactions so short that nobody waits long for their locks."""
        after: UUID | None = _BEFORE_ALL
        while after:
            with engine.begin() as connection:
                after = self._some(connection, after, batch)

    def _some(self, connection: sa.Connection, after: UUID, batch: int) -> UUID | None:
        """The last id of those that come next; None where none comes."""
        rows = connection.execute(_READ, {"after": after, "batch": batch}).all()
        anew = [self._row(*row) for row in rows]
        changed = [new for new, old in zip(anew, rows, strict=True) if _of(new) != tuple(old)]
        if changed:
            connection.execute(_WRITE, {"rows": as_json(changed)})
        return rows[-1].id if rows else None

    def _row(self, webhook_id: UUID, secret: str, old_secret: str | None) -> dict[str, Any]:
        try:
            return {
                "id": webhook_id,
                "secret": self._anew(secret, webhook_id),
                "old_secret": old_secret and self._anew(old_secret, webhook_id),
            }
        except VaultError as error:
            # `from None`: nothing of the secret may be in a traceback.
            name = ids.encode(ids.WEBHOOK, webhook_id)
            raise UnopenedError(f"{name}: {error}. Nothing of it was changed.") from None

    def _anew(self, stored: str, owner: UUID) -> str:
        if self.vault.is_current(stored):
            self.current += 1
            return stored
        plain = stored if stored.startswith(_PLAIN) else self.vault.open(stored, owner)
        self.sealed += 1
        return self.vault.seal(plain, owner)


def _of(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["id"], row["secret"], row["old_secret"]


def _asked() -> tuple[sa.Engine, Vault]:
    try:
        url = with_driver(os.environ.get("DATABASE_URL", ""))
    except ValueError as error:
        raise UsageError(f"DATABASE_URL {error}.") from None
    keys = os.environ.get("POSTROOM_SECRET_KEYS", "")
    if not keys:
        raise UsageError("POSTROOM_SECRET_KEYS is needed.")
    try:
        vault = Vault.with_keys(keys)
    except VaultError as error:
        raise UsageError(f"{error}.") from None
    return sa.create_engine(url, hide_parameters=True, connect_args={"connect_timeout": 5}), vault


def _seal(engine: sa.Engine, vault: Vault) -> dict[str, int]:
    sealing = Sealing(vault)
    try:
        sealing.all(engine)
    finally:
        engine.dispose()
    return {"sealed": sealing.sealed, "current": sealing.current}


def _say(error: object, code: int) -> int:
    sys.stderr.write(f"{error}\n")
    return code


def main() -> int:
    """The exit code."""
    try:
        told = _seal(*_asked())
    except UsageError as error:
        return _say(error, 2)
    except UnopenedError as error:
        return _say(error, 1)
    except sa.exc.OperationalError:
        return _say("The database of DATABASE_URL does not answer.", 1)
    except sa.exc.ProgrammingError:
        return _say("DATABASE_URL is not migrated: python -m alembic upgrade head.", 1)
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
