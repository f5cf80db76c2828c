"""endpoints: health, order, rotation; events: the transaction that wrote them

New columns have constant defaults or none, but `event.transaction`, whose default is stable: so no
table is rewritten, all old events get the migration's own transaction, and keep their order by id.
Indexes are built under a lock (docs/operations.md).
Secrets of before stay as they are until `python -m deploy.secrets`, which seals them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

PENDING = "state = 'pending'"
REASONS = "disabled_reason IN ('gone', 'failing', 'owner')"


def upgrade() -> None:
    _add_columns()
    op.execute(f"ALTER TABLE webhook ADD CONSTRAINT ck_webhook_disabled_reason CHECK ({REASONS})")
    op.create_index(
        "ix_event_organization_id_transaction_id",
        "event",
        ["organization_id", "transaction", "id"],
    )
    op.create_index(
        "ix_delivery_turn", "delivery", ["webhook_id", "due_at"], postgresql_where=sa.text(PENDING)
    )
    op.create_index(
        "ix_delivery_order",
        "delivery",
        ["webhook_id", "order_key", "event_id"],
        postgresql_where=sa.text(f"{PENDING} AND order_key IS NOT NULL"),
    )
    op.create_index(
        "ix_delivery_failed",
        "delivery",
        ["webhook_id", "event_id"],
        postgresql_where=sa.text("state IN ('exhausted', 'cancelled')"),
    )


def _add_columns() -> None:
    moment = sa.DateTime(timezone=True)
    for column in (
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("ordered", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("old_secret", sa.String(), nullable=True),
        sa.Column("old_secret_until", moment, nullable=True),
        sa.Column("disabled_reason", sa.String(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failing_since", moment, nullable=True),
        sa.Column("probe_at", moment, nullable=True),
    ):
        op.add_column("webhook", column)
    op.add_column("delivery", sa.Column("order_key", sa.String(), nullable=True))
    op.add_column(
        "event",
        sa.Column(
            "transaction",
            sa.BigInteger(),
            server_default=sa.text("(pg_current_xact_id()::text)::bigint"),
            nullable=False,
        ),
    )


def downgrade() -> None:
    for name in ("failed", "order", "turn"):
        op.drop_index(f"ix_delivery_{name}", table_name="delivery")
    op.drop_index("ix_event_organization_id_transaction_id", table_name="event")
    op.drop_column("event", "transaction")
    op.drop_column("delivery", "order_key")
    op.drop_constraint("ck_webhook_disabled_reason", "webhook", type_="check")
    for name in (
        "probe_at",
        "failing_since",
        "failures",
        "disabled_reason",
        "old_secret_until",
        "old_secret",
        "ordered",
        "description",
    ):
        op.drop_column("webhook", name)
