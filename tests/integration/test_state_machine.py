"""Accept, claim, start, call, record, in any order that senders, crashes, leases and feedback can
make of them, against a model of what must be true.

The product's own code on a real Postgres; SES is a script, and time passes by UPDATE. For a deep
run, by hand: STATE_MACHINE_TIMES=50, and `--timeout 0`.
"""

import os
import sys
from collections import Counter
from typing import Final

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, settings as hypothesis_settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from services.sender.leftovers import Policy
from tests.integration.builders import tenant
from tests.integration.machine_time import Time
from tests.integration.model import COUNTED, MOST_CALLS, SUSPICIOUS
from tests.integration.world import World
from tests.tenants import rows

TIMES: Final = int(os.environ.get("STATE_MACHINE_TIMES", "1"))
ROUNDS: Final = 8
"""After which nothing may be on its way any more."""

_SHOW: Final = f"""
SELECT m.id, send_state, status, attempts, claims, lease_token, external_message_id,
    (SELECT json_object_agg(r.email, r.status) FROM recipient r WHERE r.message_id = m.id
    ) AS recipients,
    (SELECT coalesce(json_object_agg(type, n), '{{}}') FROM (
        SELECT type, count(*) AS n FROM event e
        WHERE e.message_id = m.id AND type IN {COUNTED} GROUP BY type
    ) counted) AS told
FROM message m
"""


class Machine(Time):
    """What must be true at any moment, and in the end."""

    @invariant()
    def the_database_shows_what_must_be_true(self) -> None:
        shown = {row["id"]: row for row in rows(self.world.engine, _SHOW)}
        true = {mail.id: mail.row() for mail in self.mails.values()}
        assert [(shown.get(id_), row) for id_, row in true.items() if shown.get(id_) != row] == []

    @invariant()
    def ses_has_nothing_twice_and_nothing_unasked(self) -> None:
        assert self.ses.accepted.keys() <= self.mails.keys()
        assert Counter(self.ses.calls) == Counter(
            {mail.id: mail.calls for mail in self.mails.values() if mail.calls}
        )
        if self.world.policy == "hold":
            assert all(len(given) == 1 for given in self.ses.accepted.values())

    def teardown(self) -> None:
        """Not where something is wrong already: that is what is to be told."""
        if sys.exc_info()[0] is None and self.mails:
            self._finish()

    def _finish(self) -> None:
        stopped, self.hands, self.ghosts = self.hands + self.ghosts, [], []
        rounds = 0
        while self.mails_in("queued", "sending", "unknown"):
            rounds += 1
            assert rounds <= ROUNDS
            self._recover()
        self.hands = stopped
        self._wake_up()
        self._judge()

    def _recover(self) -> None:
        """Time passes, SES is well, feedback flows."""
        self.lapse_all(*self.mails.values())
        self.wait_for_the_next_try()
        self.end_the_grace()
        self.apply(self.ses.told(), [])
        self.the_database_shows_what_must_be_true()
        self.hear()
        self.settle()
        while any(mail.is_free and mail.claims >= SUSPICIOUS for mail in self.mails.values()):
            self.claim_suspect(0)
        self.claim(0, 8)
        self._carry_on()

    def _carry_on(self) -> None:
        if self.at("claimed"):
            self.start(list(range(len(self.hands))))
        while self.at("started"):
            self.call(0, "accepted", [])
        if self.at("answered"):
            self.record(list(range(len(self.hands))), again=False)

    def _wake_up(self) -> None:
        """Senders that stood still all the time do what they were about to do."""
        assert not any(mail.is_free for mail in self.mails.values())
        self._carry_on()
        self.apply(self.ses.told(), [])
        self.the_database_shows_what_must_be_true()
        self.ses_has_nothing_twice_and_nothing_unasked()

    def _judge(self) -> None:
        """By what SES has, not by the model."""
        telling = {event.message_id for event in self.ses.told()}
        for mail in self.mails.values():
            given = self.ses.accepted.get(mail.id, [])
            if mail.state == "held":
                assert self.world.policy == "hold" or mail.calls + mail.idle >= MOST_CALLS
                assert mail.id not in telling
                assert mail.told["message.held"] == 1
            else:
                assert given or mail.status == "rejected"
            assert mail.external_id is None or mail.external_id in given
            assert mail.told["message.sent"] == (mail.external_id is not None)


@pytest.mark.parametrize("policy", ["hold", "resend"])
def test_whatever_happens_nothing_is_lost_and_nothing_sent_twice(
    engine: sa.Engine, policy: Policy
) -> None:
    world = World(engine, policy, [tenant(engine) for _ in range(2)])

    class Here(Machine):
        def __init__(self) -> None:
            super().__init__(world)

    run_state_machine_as_test(
        Here,
        settings=hypothesis_settings(
            max_examples=28 * TIMES,
            stateful_step_count=40,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
