"""organizations that are paused: since when, why, and what counts

Columns without defaults: no table is rewritten.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in (
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_reason", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("counted_from", sa.DateTime(timezone=True), nullable=True),
    ):
        op.add_column("organization", column)
    op.create_index(
        "ix_organization_paused",
        "organization",
        ["id"],
        postgresql_where=sa.text("paused_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_organization_paused", table_name="organization")
    for name in ("counted_from", "paused_reason", "paused_at"):
        op.drop_column("organization", name)
