"""Mails written for an event loop: small ones at once, large ones beside it."""

from typing import Final

import sqlalchemy as sa

from common.addresses import AddressError
from common.aside import Aside
from common.resources import Row
from services.sender.compose import ComposeError, compose
from services.sender.jobs import Claimed
from services.sender.mail import outgoing
from services.sender.ses import Rejected

_THREADS: Final = 2
_SMALL: Final = 1 << 16
"""Characters of a body, which are written in a millisecond."""


class Composer:
    """Of one sender."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._beside = Aside("compose", _THREADS)

    async def compose(self, claimed: Claimed) -> list[bytes] | Rejected:
        """The mail with its files, in pieces; Rejected where it can never be written."""
        if _is_small(claimed.row):
            return self._written(claimed)
        return await self._beside(self._written, claimed)

    def close(self) -> None:
        """After the last mail."""
        self._beside.close()

    def _written(self, claimed: Claimed) -> list[bytes] | Rejected:
        try:
            return compose(outgoing(self._engine, claimed))
        except (ComposeError, AddressError) as error:
            return Rejected(type(error).__name__, str(error))


def _is_small(row: Row) -> bool:
    return not row["attachments"] and len(row["text"] or "") + len(row["html"] or "") < _SMALL
