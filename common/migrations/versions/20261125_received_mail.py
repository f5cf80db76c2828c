"""received mail: what it says, where it lies, whom a thread has

New columns have constant defaults or none, so no table is rewritten. Indexes are built under a
lock (docs/operations.md). Search documents are made anew behind the mail
(`services/api/search.py`): they now know senders and recipients apart.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add_columns()
    op.create_table(
        "rawmail",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("bucket", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name="fk_rawmail_message_id_message"
        ),
        sa.PrimaryKeyConstraint("message_id", name="pk_rawmail"),
    )
    op.create_index(
        "uq_message_receipt",
        "message",
        ["inbox_id", "external_message_id"],
        unique=True,
        postgresql_where=sa.text("direction = 'inbound'"),
    )
    op.create_index(
        "ix_message_inbox_id_internet_message_id",
        "message",
        ["inbox_id", "internet_message_id"],
        postgresql_where=sa.text("internet_message_id IS NOT NULL"),
    )
    op.create_index(
        "ix_message_labelled",
        "message",
        ["inbox_id", "id"],
        postgresql_include=["labels"],
        postgresql_where=sa.text("labels <> '{}'"),
    )
    op.execute("UPDATE search SET document = NULL")


def _add_columns() -> None:
    for column in (
        sa.Column("extracted_text", sa.String(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verdicts", postgresql.JSONB(none_as_null=True), nullable=True),
        sa.Column("sender_verified", sa.Boolean(), nullable=True),
        sa.Column("automatic", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("parse_error", sa.String(), nullable=True),
    ):
        op.add_column("message", column)
    for column in (
        sa.Column("content_id", sa.String(), nullable=True),
        sa.Column("inline", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("detected_type", sa.String(), nullable=True),
    ):
        op.add_column("attachment", column)
    op.add_column(
        "thread",
        sa.Column("participants", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
    )


def downgrade() -> None:
    op.drop_index("ix_message_labelled", table_name="message")
    op.drop_index("ix_message_inbox_id_internet_message_id", table_name="message")
    op.drop_index("uq_message_receipt", table_name="message")
    op.drop_table("rawmail")
    op.drop_column("thread", "participants")
    for name in ("detected_type", "inline", "content_id"):
        op.drop_column("attachment", name)
    for name in (
        "parse_error",
        "automatic",
        "sender_verified",
        "verdicts",
        "sent_at",
        "extracted_text",
    ):
        op.drop_column("message", name)
