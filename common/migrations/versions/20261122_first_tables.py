"""first tables"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "organization",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sends_per_hour", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organization")),
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_api_key_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_key_hash")),
    )
    op.create_index(
        op.f("ix_api_key_organization_id_id"), "api_key", ["organization_id", "id"], unique=False
    )
    op.create_table(
        "blob",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blob")),
    )
    op.create_table(
        "domain",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('pending', 'verified')", name=op.f("ck_domain_status")),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_domain_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_domain")),
    )
    op.create_index(
        op.f("ix_domain_organization_id_name"), "domain", ["organization_id", "name"], unique=True
    )
    op.create_table(
        "event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("inbox_id", sa.Uuid(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column(
            "payload", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_event_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_index(
        op.f("ix_event_message_id_id"),
        "event",
        ["message_id", "id"],
        unique=False,
        postgresql_where=sa.text("message_id IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_event_organization_id_id"), "event", ["organization_id", "id"], unique=False
    )
    op.create_table(
        "feedback",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("dedup_key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("external_message_id", sa.String(), nullable=True),
        sa.Column("raw", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_feedback_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
        sa.UniqueConstraint("dedup_key", name=op.f("uq_feedback_dedup_key")),
    )
    op.create_index(op.f("ix_feedback_message_id"), "feedback", ["message_id"], unique=False)
    op.create_index(
        "ix_feedback_unmatched",
        "feedback",
        ["received_at"],
        unique=False,
        postgresql_where=sa.text("applied_at IS NULL AND external_message_id IS NOT NULL"),
    )
    op.create_table(
        "idempotency",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_idempotency_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("organization_id", "key", name=op.f("pk_idempotency")),
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_inbox_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
    )
    op.create_index(
        op.f("ix_inbox_organization_id_id"), "inbox", ["organization_id", "id"], unique=False
    )
    op.create_index(
        "uq_inbox_email",
        "inbox",
        [sa.literal_column("lower(email)")],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "webhook",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("events", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("inbox_ids", sa.ARRAY(sa.Uuid()), nullable=True),
        sa.Column("secret", sa.String(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_webhook_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_index(
        op.f("ix_webhook_organization_id_id"), "webhook", ["organization_id", "id"], unique=False
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'delivered', 'exhausted', 'cancelled')",
            name=op.f("ck_delivery_state"),
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["event.id"], name=op.f("fk_delivery_event_id_event")
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("fk_delivery_webhook_id_webhook")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
    )
    op.create_index(
        op.f("ix_delivery_event_id_webhook_id"), "delivery", ["event_id", "webhook_id"], unique=True
    )
    op.create_index(
        "ix_delivery_pending",
        "delivery",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "thread",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("inbox_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("last_message_id", sa.Uuid(), nullable=False),
        sa.Column("message_count", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_thread_inbox_id_inbox")),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_thread_organization_id_organization"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thread")),
    )
    op.create_index(
        op.f("ix_thread_inbox_id_last_message_id"),
        "thread",
        ["inbox_id", "last_message_id"],
        unique=False,
    )
    op.create_table(
        "attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("webhook_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("excerpt", sa.String(), nullable=False),
        sa.Column("latency_ms", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["delivery.id"], name=op.f("fk_attempt_delivery_id_delivery")
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name=op.f("fk_attempt_webhook_id_webhook")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    op.create_index(op.f("ix_attempt_delivery_id"), "attempt", ["delivery_id"], unique=False)
    op.create_index(op.f("ix_attempt_webhook_id_id"), "attempt", ["webhook_id", "id"], unique=False)
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("inbox_id", sa.Uuid(), nullable=False),
        sa.Column("thread_id", sa.Uuid(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("from_email", sa.String(), nullable=False),
        sa.Column("from_name", sa.String(), nullable=False),
        sa.Column("reply_to", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("html", sa.String(), nullable=True),
        sa.Column(
            "headers", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("labels", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("in_reply_to_id", sa.Uuid(), nullable=True),
        sa.Column("internet_message_id", sa.String(), nullable=True),
        sa.Column("reference_ids", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("external_message_id", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column(
            "status_reason",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("send_state", sa.String(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "direction IN ('outbound', 'inbound')", name=op.f("ck_message_direction")
        ),
        sa.CheckConstraint(
            "send_state IN ('queued', 'sending', 'unknown', 'done')",
            name=op.f("ck_message_send_state"),
        ),
        sa.CheckConstraint(
            "status IN ('queued', 'sent', 'delivered', 'rejected', 'bounced', "
            "'complained', 'received')",
            name=op.f("ck_message_status"),
        ),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_message_inbox_id_inbox")),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organization.id"],
            name=op.f("fk_message_organization_id_organization"),
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["thread.id"], name=op.f("fk_message_thread_id_thread")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    op.create_index(
        op.f("ix_message_external_message_id"),
        "message",
        ["external_message_id"],
        unique=False,
        postgresql_where=sa.text("external_message_id IS NOT NULL"),
    )
    op.create_index(op.f("ix_message_inbox_id_id"), "message", ["inbox_id", "id"], unique=False)
    op.create_index(
        op.f("ix_message_organization_id_id"), "message", ["organization_id", "id"], unique=False
    )
    op.create_index(
        "ix_message_queued",
        "message",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("send_state = 'queued'"),
    )
    op.create_index(
        "ix_message_sending",
        "message",
        ["lease_until"],
        unique=False,
        postgresql_where=sa.text("send_state = 'sending'"),
    )
    op.create_index(op.f("ix_message_thread_id_id"), "message", ["thread_id", "id"], unique=False)
    op.create_table(
        "attachment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("blob_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["blob_id"], ["blob.id"], name=op.f("fk_attachment_blob_id_blob")),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_attachment_message_id_message")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index(
        op.f("ix_attachment_message_id_position"),
        "attachment",
        ["message_id", "position"],
        unique=False,
    )
    op.create_table(
        "recipient",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column(
            "reason", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("status_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('to', 'cc', 'bcc')", name=op.f("ck_recipient_kind")),
        sa.CheckConstraint(
            "status IN ('queued', 'unknown', 'sent', 'delayed', "
            "'delivered', 'bounced_transient', 'rejected', 'bounced', 'complained', 'received')",
            name=op.f("ck_recipient_status"),
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_recipient_message_id_message")
        ),
        sa.PrimaryKeyConstraint("message_id", "position", name=op.f("pk_recipient")),
    )
    op.create_table(
        "search",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("inbox_id", sa.Uuid(), nullable=False),
        sa.Column("document", postgresql.TSVECTOR(), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_search_message_id_message")
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_search")),
    )
    op.create_index(
        "ix_search_waiting",
        "search",
        ["message_id"],
        unique=False,
        postgresql_where=sa.text("document IS NULL"),
    )

    op.execute("ALTER TABLE blob ALTER COLUMN content SET STORAGE EXTERNAL")
    op.execute(_UUID7)
    _index_search()


def _index_search() -> None:
    """With `btree_gin` the index knows the inbox too, so a word that is common elsewhere costs
    nothing here. Where the extension is missing or may not be created, the words alone are
    indexed: slower in a big installation, the same answers.
    """
    connection = op.get_bind()
    try:
        with connection.begin_nested():
            connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS btree_gin"))
        columns = "inbox_id, document"
    except sa.exc.DBAPIError as error:
        print(f"btree_gin is not to be had, search is indexed without it: {error.orig}")  # noqa: T201
        columns = "document"
    op.execute(f"CREATE INDEX ix_search_document ON search USING gin ({columns})")


# Postgres has uuidv7() from 18 on; the deliveries of an event are made inside a statement.
_UUID7 = """
CREATE FUNCTION postroom_uuid7() RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT encode(set_bit(set_bit(overlay(
        uuid_send(gen_random_uuid()) PLACING
        substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
        FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
$$
"""


def downgrade() -> None:
    op.drop_index(
        "ix_search_waiting", table_name="search", postgresql_where=sa.text("document IS NULL")
    )
    op.drop_table("search")
    op.drop_table("recipient")
    op.drop_index(op.f("ix_attachment_message_id_position"), table_name="attachment")
    op.drop_table("attachment")
    op.drop_index(op.f("ix_message_thread_id_id"), table_name="message")
    op.drop_index(
        "ix_message_sending",
        table_name="message",
        postgresql_where=sa.text("send_state = 'sending'"),
    )
    op.drop_index(
        "ix_message_queued", table_name="message", postgresql_where=sa.text("send_state = 'queued'")
    )
    op.drop_index(op.f("ix_message_organization_id_id"), table_name="message")
    op.drop_index(op.f("ix_message_inbox_id_id"), table_name="message")
    op.drop_index(
        op.f("ix_message_external_message_id"),
        table_name="message",
        postgresql_where=sa.text("external_message_id IS NOT NULL"),
    )
    op.drop_table("message")
    op.drop_index(op.f("ix_attempt_webhook_id_id"), table_name="attempt")
    op.drop_index(op.f("ix_attempt_delivery_id"), table_name="attempt")
    op.drop_table("attempt")
    op.drop_index(op.f("ix_thread_inbox_id_last_message_id"), table_name="thread")
    op.drop_table("thread")
    op.drop_index(
        "ix_delivery_pending", table_name="delivery", postgresql_where=sa.text("state = 'pending'")
    )
    op.drop_index(op.f("ix_delivery_event_id_webhook_id"), table_name="delivery")
    op.drop_table("delivery")
    op.drop_index(op.f("ix_webhook_organization_id_id"), table_name="webhook")
    op.drop_table("webhook")
    op.drop_index(
        "uq_inbox_email", table_name="inbox", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_index(op.f("ix_inbox_organization_id_id"), table_name="inbox")
    op.drop_table("inbox")
    op.drop_table("idempotency")
    op.drop_index(
        "ix_feedback_unmatched",
        table_name="feedback",
        postgresql_where=sa.text("applied_at IS NULL AND external_message_id IS NOT NULL"),
    )
    op.drop_index(op.f("ix_feedback_message_id"), table_name="feedback")
    op.drop_table("feedback")
    op.drop_index(op.f("ix_event_organization_id_id"), table_name="event")
    op.drop_index(
        op.f("ix_event_message_id_id"),
        table_name="event",
        postgresql_where=sa.text("message_id IS NOT NULL"),
    )
    op.drop_table("event")
    op.drop_index(op.f("ix_domain_organization_id_name"), table_name="domain")
    op.drop_table("domain")
    op.drop_table("blob")
    op.drop_index(op.f("ix_api_key_organization_id_id"), table_name="api_key")
    op.drop_table("api_key")
    op.drop_table("organization")
    op.execute("DROP FUNCTION postroom_uuid7()")
