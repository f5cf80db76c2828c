"""Events that come before anybody knows whose they are, and those that are nobody's."""

from collections import Counter
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy import Engine

from services.status import feedback
from services.status.apply import apply, reapply
from services.status.parse import parse
from tests import ses
from tests.tenants import Tenant, rows

REACH = timedelta(minutes=15)


def take(engine: Engine, *bodies: str) -> Counter[tuple[str, str]]:
    return apply(engine, [parse(body) for body in bodies]).counts


def record(engine: Engine, message_id: object, external_id: str) -> None:
    """As the sender does, once SES has answered."""
    statement = sa.text(
        "UPDATE message SET external_message_id = :external_id, status = 'sent' WHERE id = :id"
    )
    with engine.begin() as connection:
        connection.execute(statement, {"id": message_id, "external_id": external_id})


def age(engine: Engine, by: timedelta) -> None:
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE feedback SET received_at = received_at - CAST(:by AS interval)"),
            {"by": by},
        )


def test_an_untagged_event_waits_for_the_sender(engine: Engine, acme: Tenant) -> None:
    acme.webhook("message.delivered")
    sent = acme.message()

    early = take(engine, ses.event("delivery", "ses-1"))
    nothing = reapply(engine, REACH)
    record(engine, sent, "ses-1")
    found = reapply(engine, REACH)

    assert early == Counter({("delivery", "unmatched"): 1})
    assert nothing.counts == Counter()
    assert found.counts == Counter({("delivery", "applied"): 1})
    assert found.deliveries == 1
    assert rows(engine, "SELECT status FROM recipient") == [{"status": "delivered"}]
    [stored] = rows(engine, "SELECT * FROM feedback")
    assert (stored["organization_id"], stored["message_id"]) == (acme.id, sent)
    assert stored["applied_at"] is not None


def test_an_event_that_found_its_message_is_not_applied_again(engine: Engine, acme: Tenant) -> None:
    sent = acme.message()
    take(engine, ses.event("delivery", "ses-1"))
    record(engine, sent, "ses-1")

    reapply(engine, REACH)

    assert reapply(engine, REACH).counts == Counter()
    assert take(engine, ses.event("delivery", "ses-1")) == Counter({("delivery", "duplicate"): 1})


def test_a_foreign_event_is_kept_and_never_found(engine: Engine, acme: Tenant) -> None:
    acme.message(external_id="ses-1")

    take(engine, ses.event("bounce_permanent", "of-somebody-else"))

    assert reapply(engine, REACH).counts == Counter()
    assert rows(engine, "SELECT organization_id, message_id, applied_at FROM feedback") == [
        {"organization_id": None, "message_id": None, "applied_at": None}
    ]
    assert rows(engine, "SELECT status FROM recipient") == [{"status": "sent"}]


def test_a_tag_of_another_installation_is_foreign(engine: Engine, acme: Tenant) -> None:
    elsewhere = acme.message()
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM recipient"))
        connection.execute(sa.text("DELETE FROM message"))

    assert take(engine, ses.event("send", "ses-1", message_id=elsewhere)) == Counter(
        {("send", "unmatched"): 1}
    )


def test_a_received_mail_is_nobodys_feedback(engine: Engine, acme: Tenant) -> None:
    received = acme.message(external_id="ses-1")
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE message SET direction = 'inbound'"))

    counts = take(engine, ses.event("delivery", "ses-1", message_id=received))

    assert counts == Counter({("delivery", "unmatched"): 1})
    assert reapply(engine, REACH).counts == Counter()


def test_what_waits_is_taken_in_sets_and_oldest_first(engine: Engine, acme: Tenant) -> None:
    for number in range(5):
        message_id = acme.message()
        take(engine, ses.event("delivery", f"ses-{number}"))
        record(engine, message_id, f"ses-{number}")

    sizes = [reapply(engine, REACH, most=2).counts.total() for _ in range(4)]

    assert sizes == [2, 2, 1, 0]
    order = "SELECT external_message_id FROM feedback ORDER BY applied_at, received_at"
    assert [row["external_message_id"] for row in rows(engine, order)] == [
        f"ses-{number}" for number in range(5)
    ]


def test_what_has_waited_beyond_reach_is_let_be(engine: Engine, acme: Tenant) -> None:
    sent = acme.message()
    take(engine, ses.event("delivery", "ses-1"))
    record(engine, sent, "ses-1")
    age(engine, REACH)

    assert reapply(engine, REACH).counts == Counter()
    assert reapply(engine, 2 * REACH).counts == Counter({("delivery", "applied"): 1})


def test_two_workers_take_different_feedback(engine: Engine, acme: Tenant) -> None:
    for number in range(2):
        message_id = acme.message()
        take(engine, ses.event("delivery", f"ses-{number}"))
        record(engine, message_id, f"ses-{number}")
    held = sa.text("SELECT id FROM feedback WHERE external_message_id = 'ses-0' FOR UPDATE")

    with engine.begin() as connection:  # what another worker is just applying
        connection.execute(held)
        found = reapply(engine, REACH)

    assert found.counts == Counter({("delivery", "applied"): 1})


def test_what_waits_is_found_by_an_index_that_others_feedback_does_not_slow(
    engine: Engine,
) -> None:
    values = {"since": ses.NOON, "most": 100, "skip": 0}

    with engine.begin() as connection:
        connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
        for query in (feedback._WAITING.text, feedback.OLDEST_WAITING):
            asked = {name: value for name, value in values.items() if f":{name}" in query}
            plan = connection.execute(sa.text(f"EXPLAIN {query}"), asked).scalars().all()

            assert "ix_feedback_unmatched" in "\n".join(plan)
