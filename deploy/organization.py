"""`python -m deploy.organization --name acme [--limit 100]`: an organization and its first key.

Prints `{"organizationId": ..., "apiKey": ...}`, one line; the key is shown this once. It reads
DATABASE_URL, and NAME and LIMIT where the flags are absent (`make -s org NAME=acme LIMIT=100`).
Exit 2 for what makes no sense, 1 where the database does not answer; nothing is made then.
"""

import argparse
import json
import os
import sys
from typing import Final

import sqlalchemy as sa

from common import ids
from common.headers import HeaderError, check_text
from common.settings import with_driver
from services.api import keys

_MOST_PER_HOUR: Final = 2_147_483_647  # Postgres, integer


class UsageError(ValueError):
    """What was asked makes no sense; the message is a sentence for a person."""


def main() -> int:
    """The exit code."""
    try:
        told = _create(*_asked())
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    except sa.exc.OperationalError:
        print("The database of DATABASE_URL does not answer.", file=sys.stderr)
        return 1
    except sa.exc.ProgrammingError:
        print(
            "The database of DATABASE_URL is not migrated: python -m alembic upgrade head.",
            file=sys.stderr,
        )
        return 1
    print(json.dumps(told))
    return 0


def _asked() -> tuple[str, str, int | None]:
    """The database's URL, the name, the limit."""
    parser = argparse.ArgumentParser(prog="python -m deploy.organization")
    parser.add_argument("--name", default=os.environ.get("NAME", ""))
    parser.add_argument("--limit", default=os.environ.get("LIMIT", ""), help="sends an hour")
    flags = parser.parse_args()
    return _url(os.environ.get("DATABASE_URL", "")), _name(flags.name), _limit(flags.limit)


def _url(text: str) -> str:
    try:
        return with_driver(text)
    except ValueError as error:
        raise UsageError(f"DATABASE_URL {error}.") from None


def _name(text: str) -> str:
    name = text.strip()
    if not name:
        raise UsageError("An organization needs a name: --name acme.")
    try:
        return check_text(name)
    except HeaderError as error:
        raise UsageError(f"The name cannot be used. {error}") from None


def _limit(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:20]) <= _MOST_PER_HOUR):
        raise UsageError(f"The limit is a number of sends an hour, 1 to {_MOST_PER_HOUR}.")
    return int(text)


def _create(url: str, name: str, limit: int | None) -> dict[str, str]:
    engine = sa.create_engine(url, connect_args={"connect_timeout": 5})
    try:
        with engine.begin() as connection:
            organization_id, key = keys.create_organization(connection, name, limit)
    finally:
        engine.dispose()
    return {"organizationId": ids.encode(ids.ORGANIZATION, organization_id), "apiKey": key}


if __name__ == "__main__":
    sys.exit(main())
