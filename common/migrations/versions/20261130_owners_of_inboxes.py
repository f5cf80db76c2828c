"""whose an inbox is, known to the planner

Every list asks for an inbox and for its organization. Taken for independent of each other, a
thousandth of a thousandth of all threads is none, and the planner reads and sorts all of an inbox
for a page of it (334 threads: 15 ms, and 0.9 in their order). One follows from the other, which
extended statistics say. They are made by ANALYZE; its lock keeps only other migrations away.
https://www.postgresql.org/docs/current/planner-stats.html#PLANNER-STATS-EXTENDED
"""

from typing import Final

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES: Final = ("message", "thread")


def upgrade() -> None:
    for table in TABLES:
        op.execute(
            f"CREATE STATISTICS st_{table}_owner (dependencies) "
            f"ON organization_id, inbox_id FROM {table}"
        )
        op.execute(f"ANALYZE {table}")


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP STATISTICS st_{table}_owner")
