"""What a query asks of `message m`, as SQL. All that was typed goes by parameters."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from common import ids
from services.api.language import Query
from services.api.lexemes import tsqueries

_ID_LAG: Final = timedelta(hours=1)
"""How far a message's id may be from its `created_at`, which comes from another call."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """`walked`: those by which an index leaves messages out while it is walked along their ids;
    `judged`: those for which each message has to be looked at. Both begin with AND, or are empty.
    `values`: the parameters, also `every` and `rarest` (`lexemes.tsqueries`) where there are words.
    """

    walked: str
    judged: str
    values: dict[str, Any]

    @property
    def of_index(self) -> str:
        """What is judged of a document `f` that the index has found: nothing, if it knew all."""
        knew_all = self.values["every"] == self.values["rarest"]
        return "" if knew_all else " AND f.document @@ CAST(:every AS tsquery)"


def of(query: Query) -> Conditions:
    """Times are asked of ids too, with some room: the index is on those."""
    walked, judged, values = [""], [""], dict[str, Any]()
    if query.labels:
        # The first half says to the planner that the partial index on labelled messages will do.
        walked.append("m.labels <> '{}' AND m.labels @> CAST(:labels AS text[])")
        values["labels"] = list(query.labels)
    if query.statuses:
        judged.append("m.status = ALL (CAST(:statuses AS text[]))")
        values["statuses"] = list(query.statuses)
    if query.after:
        walked.append("m.id > :first")
        judged.append("m.created_at > :since")
        values |= {"since": query.after, "first": _id_at(query.after, -_ID_LAG)}
    if query.before:
        walked.append("m.id < :last")
        judged.append("m.created_at < :until")
        values |= {"until": query.before, "last": _id_at(query.before, _ID_LAG)}
    if query.terms:
        values["every"], values["rarest"] = tsqueries(query.terms)
    return Conditions(" AND ".join(walked), " AND ".join(judged), values)


def _id_at(moment: datetime, lag: timedelta) -> UUID:
    seconds = moment.timestamp() + lag.total_seconds()
    return ids.first_at(max(0.0, seconds))
