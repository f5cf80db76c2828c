"""`python -m deploy.brake`: who is paused and why; `--release ORG` or `--pause ORG --why WORDS`.

Prints one JSON line for each paused organization, or for the one that was changed. It reads
DATABASE_URL. Exit 2 for what makes no sense, 1 where the database does not answer.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from typing import Any, Final

import sqlalchemy as sa

from common import ids, resources
from common.settings import with_driver
from services.status import brake

_PAUSED: Final = sa.text("SELECT * FROM organization WHERE paused_at IS NOT NULL ORDER BY id")
_ONE: Final = sa.text("SELECT * FROM organization WHERE id = :id")


def main() -> int:
    """The exit code."""
    flags = _flags()
    try:
        engine = sa.create_engine(
            with_driver(os.environ.get("DATABASE_URL", "")), connect_args={"connect_timeout": 5}
        )
        with engine.begin() as connection:
            told = list(_do(connection, flags))
        engine.dispose()
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    except sa.exc.OperationalError:
        print("The database of DATABASE_URL does not answer.", file=sys.stderr)
        return 1
    for one in told:
        print(json.dumps(one))
    return 0


def _flags() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.brake")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--release", metavar="ORG", help="let it send again; it is counted anew")
    which.add_argument("--pause", metavar="ORG", help="send nothing of it, and take nothing new")
    parser.add_argument("--why", default="The operator has paused it.", help="its owners read this")
    return parser.parse_args()


def _do(connection: sa.Connection, flags: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """What is now so. Its webhooks hear of it at the worker's next tick: nobody rings here."""
    if flags.pause or flags.release:
        organization_id = ids.decode(ids.ORGANIZATION, flags.pause or flags.release)
        if flags.pause:
            done = brake.pause(connection, organization_id, "operator", flags.why)
        else:
            done = brake.release(connection, organization_id)
        if done is None:
            state = "paused already" if flags.pause else "not paused"
            raise ValueError(f"There is no such organization, or it is {state}.")
        rows = connection.execute(_ONE, {"id": organization_id})
    else:
        rows = connection.execute(_PAUSED)
    for row in rows.mappings():
        yield resources.organization(dict(row))


if __name__ == "__main__":
    sys.exit(main())
