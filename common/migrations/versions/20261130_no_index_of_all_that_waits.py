"""no index of all that waits

It was read for the age of the oldest message alone, which is now one probe of `ix_message_turn` for
each organization. Every message was entered there when it was accepted and when it was claimed, and
what waits for a paused organization was read over at every look.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_message_queued", table_name="message")


def downgrade() -> None:
    queued = sa.text("send_state = 'queued'")
    op.create_index("ix_message_queued", "message", ["due_at"], postgresql_where=queued)
