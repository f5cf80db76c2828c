"""the trace that a message is a part of

A column without a default: the table is not rewritten, and code that does not know it goes on.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("trace", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("message", "trace")
