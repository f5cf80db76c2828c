"""no indexes of all that waits

Each message and each delivery was entered there when it was made and when it was claimed. That of
messages was read for the age of the oldest alone, which is now a probe of `ix_message_turn` for
each organization; that of deliveries by nobody, since endpoints take turns.
"""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

WAITS: Final = {
    "ix_message_queued": ("message", "send_state = 'queued'"),
    "ix_delivery_pending": ("delivery", "state = 'pending'"),
}


def upgrade() -> None:
    for name, (table, _) in WAITS.items():
        op.drop_index(name, table_name=table)


def downgrade() -> None:
    for name, (table, waits) in WAITS.items():
        op.create_index(name, table, ["due_at"], postgresql_where=sa.text(waits))
