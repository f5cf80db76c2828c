"""Whether all that a soak has begun came to its end, by the database."""

from typing import Final

import sqlalchemy as sa

from common import ids
from tests.bench.measure import Figure
from tests.bench.soak_ground import Site
from tests.bench.soak_judge import NOTHING
from tests.bench.soak_load import Seen

# Every message that SES took has its feedback, as the double loses none.
_ENDED: Final = sa.text("""
SELECT id FROM message WHERE direction = 'outbound' AND send_state = 'done'
    AND status IN ('delivered', 'bounced')
""")
_RECEIVED: Final = sa.text("SELECT count(*) FROM message WHERE direction = 'inbound'")
_UNDELIVERED: Final = sa.text("SELECT count(*) FROM delivery WHERE state <> 'delivered'")
_SILENT: Final = sa.text("""
SELECT count(*) FROM event e WHERE type LIKE 'message.%'
    AND NOT EXISTS (SELECT FROM delivery d WHERE d.event_id = e.id)
""")
_WAITING: Final = sa.text("""
SELECT EXISTS (SELECT FROM message WHERE direction = 'outbound' AND send_state <> 'done')
    OR EXISTS (SELECT FROM delivery WHERE state = 'pending')
    OR EXISTS (SELECT FROM search WHERE document IS NULL)
""")


class Books:
    """Of one installation that had no other load."""

    def __init__(self, here: Site) -> None:
        self._engine = here.engine

    def waiting(self) -> bool:
        """Whether any message, webhook or search row still does."""
        with self._engine.connect() as connection:
            return bool(connection.execute(_WAITING).scalar_one())

    def figures(self, seen: Seen) -> list[Figure]:
        """What was accepted beside what has ended."""
        with self._engine.connect() as connection:
            ended = {ids.encode(ids.MESSAGE, one) for one in connection.scalars(_ENDED)}
            received, undelivered, silent = (
                int(connection.execute(query).scalar_one())
                for query in (_RECEIVED, _UNDELIVERED, _SILENT)
            )
        accepted = seen.accepted
        return [
            _none("accepted and not ended", len(accepted - ended), f"of {len(accepted):,}"),
            _none("sent and never asked for", len(ended - accepted), f"of {len(ended):,}"),
            _none("received and not there", abs(seen.received - received), f"of {received:,}"),
            _none("webhooks not delivered", undelivered, ""),
            _none("events without a webhook", silent, ""),
        ]


def _none(name: str, many: int, told: str) -> Figure:
    return Figure(f"soak: {name}", (float(many),), "of none", NOTHING, told)
