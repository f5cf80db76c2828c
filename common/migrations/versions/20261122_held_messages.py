"""held messages, turns, checkpoints

The new column has a default and the wider checks are true of every old row, so no table is
rewritten. The indexes are of few rows, but each is found by one read of its table, under a lock.
Code of before runs on the new schema; on the way back `held` becomes `unknown`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BEFORE = "send_state IN ('queued', 'sending', 'unknown', 'done')"
AFTER = "send_state IN ('queued', 'sending', 'unknown', 'held', 'done')"
OTHERS = (
    "'queued', 'unknown', 'sent', 'delayed', 'delivered', 'rejected', "
    "'bounced_transient', 'bounced', 'complained', 'received'"
)


def _check(table: str, column: str, rule: str) -> None:
    name = f"ck_{table}_{column}"
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({rule}) NOT VALID")


def upgrade() -> None:
    op.add_column("message", sa.Column("claims", sa.Integer(), server_default="0", nullable=False))
    _check("message", "send_state", AFTER)
    _check("recipient", "status", f"status IN ({OTHERS}, 'held')")
    op.create_index(
        "ix_message_turn",
        "message",
        ["organization_id", "due_at"],
        postgresql_where=sa.text("send_state = 'queued'"),
    )
    op.create_index(
        "ix_message_suspect",
        "message",
        ["due_at"],
        postgresql_where=sa.text("send_state = 'queued' AND claims > 1"),
    )
    op.create_index(
        "ix_message_unknown",
        "message",
        ["due_at"],
        postgresql_where=sa.text("send_state = 'unknown'"),
    )
    # What was unknown before had no end of its grace: it begins now.
    op.execute(
        "UPDATE message SET due_at = now() + interval '10 minutes' WHERE send_state = 'unknown'"
    )
    op.create_index("ix_idempotency_created_at", "idempotency", ["created_at"])
    op.create_table(
        "checkpoint",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_checkpoint"),
    )


def downgrade() -> None:
    op.drop_table("checkpoint")
    op.drop_index("ix_idempotency_created_at", table_name="idempotency")
    op.drop_index("ix_message_suspect", table_name="message")
    op.drop_index("ix_message_unknown", table_name="message")
    op.drop_index("ix_message_turn", table_name="message")
    op.execute("UPDATE recipient SET status = 'unknown' WHERE status = 'held'")
    op.execute("UPDATE message SET send_state = 'unknown' WHERE send_state = 'held'")
    _check("recipient", "status", f"status IN ({OTHERS})")
    _check("message", "send_state", BEFORE)
    op.drop_column("message", "claims")
