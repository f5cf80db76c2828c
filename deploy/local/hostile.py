"""What no migration may do while the product runs on the tables: judged by its SQL. Pure.

Code of before the migration goes on writing while it runs and after it, and nobody may wait for a
table longer than for a moment. Each rule says what to do in its place. What looks hostile and is
not, a column that no code of the last two releases names say, stands in `ALLOWED` with its reason.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

ALLOWED: Final = {
    # Of before anybody had many rows; docs/operations.md says what they cost who has. The default
    # of 0003 is stable, not volatile, so Postgres asks once and writes no row.
    "0002": ("CREATE INDEX", "UPDATE"),
    "0003": ("CREATE INDEX", "ADD COLUMN with a computed default", "ADD CONSTRAINT"),
    "0004": ("CREATE INDEX", "UPDATE"),
    "0005": ("CREATE INDEX",),  # of organizations, which are few
}


@dataclass(frozen=True, slots=True)
class Rule:
    """`pattern` finds it in a statement; its group `table`, if any, is no new one."""

    name: str
    pattern: re.Pattern[str]
    instead: str


def _rule(name: str, pattern: str, instead: str) -> Rule:
    return Rule(name, re.compile(pattern, re.IGNORECASE | re.DOTALL), instead)


_TABLE: Final = r'(?:ONLY\s+)?"?(?P<table>\w+)"?'
_ALTER: Final = rf"^ALTER TABLE (?:IF EXISTS )?{_TABLE}\s.*?"
RULES: Final = (
    _rule("DROP TABLE", rf"^DROP TABLE\s+(?:IF EXISTS\s+)?{_TABLE}", "drop it a release later"),
    _rule(
        "DROP COLUMN",
        rf"{_ALTER}\bDROP (?!CONSTRAINT|DEFAULT|NOT NULL|EXPRESSION|IDENTITY)",
        "drop it a release after the code stopped to name it",
    ),
    _rule("RENAME", rf"{_ALTER}\bRENAME\b", "add the new one, write both, drop the old one later"),
    _rule(
        "ALTER TYPE",
        rf"{_ALTER}\bALTER (?:COLUMN )?\w+ (?:SET DATA )?TYPE\b",
        "add a column, fill it, change over",
    ),
    _rule(
        "SET NOT NULL",
        rf"{_ALTER}\bSET NOT NULL\b",
        "a CHECK that is NOT VALID, and its VALIDATE in the next release",
    ),
    _rule(
        "ADD COLUMN without a default",
        rf"{_ALTER}\bADD (?:COLUMN )?(?!CONSTRAINT)(?!.*\bDEFAULT\b).*\bNOT NULL\b",
        "a default, or nullable: code of before does not name it",
    ),
    _rule(
        "ADD COLUMN with a computed default",
        rf"{_ALTER}\bADD (?:COLUMN )?(?!CONSTRAINT).*\bDEFAULT\b[^,]*\(",
        "a constant, as every row is written anew; fill it in sets afterwards",
    ),
    _rule(
        "ADD CONSTRAINT",
        rf"{_ALTER}\bADD CONSTRAINT\b(?!.*(?:NOT VALID|USING INDEX))",
        "NOT VALID, and VALIDATE CONSTRAINT in a revision of its own",
    ),
    _rule(
        "CREATE INDEX",
        rf"^CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY).*?\bON {_TABLE}",
        "common.migrations.indexes.create_concurrently",
    ),
    _rule(
        "UPDATE",
        rf"^(?:UPDATE|DELETE FROM)\s+{_TABLE}",
        "a command or a worker that does it in small sets",
    ),
)
MIXED: Final = "CONCURRENTLY among others"

_CREATED: Final = re.compile(r'CREATE TABLE (?:IF NOT EXISTS )?"?(\w+)"?', re.IGNORECASE)
_CONCURRENT: Final = re.compile(r"^(CREATE|DROP)\b.*\bINDEX CONCURRENTLY\b", re.IGNORECASE)
_PLUMBING: Final = re.compile(
    r"^(BEGIN|COMMIT|SET|RESET|INSERT INTO alembic_version|UPDATE alembic_version)\b", re.IGNORECASE
)


def findings(revision: str, statements: Iterable[str]) -> Iterator[str]:
    """A sentence for each hostile thing that the revision's `upgrade` does."""
    ours = [one for one in map(str.strip, statements) if one and not _PLUMBING.match(one)]
    new = {found for one in ours for found in _CREATED.findall(one)}
    allowed = ALLOWED.get(revision, ())
    for statement in ours:
        for rule in RULES:
            found = rule.pattern.search(statement)
            if found and found["table"] not in new and rule.name not in allowed:
                yield f"{revision}: {rule.name} on {found['table']}: {rule.instead}."
    concurrent = [one for one in ours if _CONCURRENT.match(one)]
    if concurrent and len(concurrent) < len(ours):
        yield f"{revision}: {MIXED}: what is not in a transaction has a revision of its own."
