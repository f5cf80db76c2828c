"""`python -m deploy.restored`: on a copy of the database that came from a backup, before it sends.

What waits there may have been sent after the backup: the copy cannot know. All of it is held: not
sent, and told by `message.held`, until an event of SES shows that SES has it, or a person decides:
`--send-again ORG`, or `all`, for what this command has held. Events that were numbered by another
cluster are numbered anew, as `GET /v1/events/stream` waits for numbers that are to come.

Nobody may work on the copy yet. Where somebody does, `--before TIME` (2026-11-30T12:00:00Z, of the
backup or a little later) leaves alone what was accepted since. A second run holds nothing that is
held, and what was let go again it holds again. It reads DATABASE_URL and prints one JSON line:

    {"held": {"queued": 7, "sending": 1, "unknown": 0}, "organizations": {"org_...": 8},
     "later": 2, "deliveries": 40, "events": 0, "newest": "2026-11-30T11:59:58.120Z"}

`later`: queued, not due yet, and left so. `deliveries`: webhooks that will be called, some for the
second time. `events`: numbered anew. `newest`: of what the backup has. Exit 2 for what makes no
sense, 1 where the database does not answer.
"""

import argparse
import json
import os
import sys
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from common import clock, ids
from common.settings import with_driver
from deploy import copied

_ALL: Final = "all"
_NOT_MIGRATED: Final = ("42P01", "42703")  # undefined_table, undefined_column


def main() -> int:
    """The exit code."""
    flags = _flags()
    try:
        told = _told(with_driver(os.environ.get("DATABASE_URL", "")), flags)
    except ValueError as error:
        return _say(error, 2)
    except sa.exc.OperationalError:
        return _say("The database of DATABASE_URL does not answer.", 1)
    except sa.exc.ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) not in _NOT_MIGRATED:
            raise
        return _say("DATABASE_URL is not migrated: python -m alembic upgrade head.", 1)
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


def _flags() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.restored")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--before", metavar="TIME", help="hold only what was accepted before it")
    which.add_argument("--send-again", metavar="ORG", help="let go what was held; or: all")
    return parser.parse_args()


def _told(url: str, flags: argparse.Namespace) -> dict[str, Any]:
    patience = {"connect_timeout": 5}
    engine = sa.create_engine(url, hide_parameters=True, connect_args=patience)
    try:
        return _do(engine, flags)
    finally:
        engine.dispose()


def _do(engine: sa.Engine, flags: argparse.Namespace) -> dict[str, Any]:
    if flags.send_again:
        return {"queued": copied.send_again(engine, _organization(flags.send_again))}
    before = _moment(flags.before) if flags.before else None
    if before is None and copied.is_in_use(engine):
        raise ValueError(
            "Postroom works on this database: stop it, or say by --before until when what was "
            "accepted may have been sent by somebody else."
        )
    held = copied.hold(engine, before or clock.now())
    owners = ((ids.encode(ids.ORGANIZATION, one), n) for one, n in held.organizations.items())
    return {
        "held": held.states,
        "organizations": dict(owners),
        "events": copied.number_anew(engine),
        **copied.found(engine),
    }


def _organization(name: str) -> UUID | None:
    return None if name == _ALL else ids.decode(ids.ORGANIZATION, name)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("--before wants a time zone: 2026-11-30T12:00:00Z.")
    return moment


def _say(error: object, code: int) -> int:
    sys.stderr.write(f"{error}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
