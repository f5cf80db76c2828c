"""The brake: who is paused by what SES reports, who is not, and who hears of it."""

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine

from common import clock
from common.metrics import Asked
from services.status import brake
from services.status.apply import apply
from services.status.brake import Brake, Lines
from services.status.parse import parse
from tests import ses
from tests.tenants import Tenant, rows, tenant

ONE = Lines(bounced=1, complained=0)


def report(engine: Engine, acme: Tenant, *names: str, lines: Lines = ONE) -> list[str]:
    """Each of these becomes of a message of its own; the rooms that were rung for it."""
    rung: list[str] = []
    braking = Brake(engine, lines, lambda: rung.append("webhooks"))
    bodies = []
    for name in names:
        sent = ses.external_id()
        acme.message(external_id=sent)
        bodies.append(ses.event(name, sent))
    braking.note(apply(engine, [parse(body) for body in bodies]).hurt)
    braking.look()
    return rung


def paused(engine: Engine, organization_id: UUID) -> str | None:
    query = "SELECT paused_at, paused_reason FROM organization WHERE id = :id"
    (row,) = rows(engine, query, id=organization_id)
    return str(row["paused_reason"]["type"]) if row["paused_at"] else None


def told(engine: Engine, organization_id: UUID) -> list[str]:
    query = "SELECT type FROM event WHERE organization_id = :id AND type LIKE 'organization%'"
    return [row["type"] for row in rows(engine, query, id=organization_id)]


@pytest.mark.parametrize(
    ("names", "why"),
    [
        (["bounce_permanent"], None),
        (["bounce_permanent"] * 2, "bounces"),
        (["complaint"], "complaints"),
        (["bounce_transient"] * 3, None),
        (["delivery"] * 3, None),
    ],
)
def test_hard_bounces_and_complaints_pause_whoever_has_too_many(
    engine: Engine, acme: Tenant, names: list[str], why: str | None
) -> None:
    report(engine, acme, *names)

    assert paused(engine, acme.id) == why
    assert told(engine, acme.id) == (["organization.paused"] if why else [])


def test_nobody_else_is_paused(engine: Engine, acme: Tenant) -> None:
    other = tenant(engine)
    report(engine, other, "bounce_permanent")

    report(engine, acme, "complaint")

    assert paused(engine, other.id) is None
    assert told(engine, other.id) == []


def test_the_organizations_endpoints_hear_of_it_once(engine: Engine, acme: Tenant) -> None:
    acme.webhook("organization.paused")

    assert report(engine, acme, "complaint") == ["webhooks"]
    assert report(engine, acme, "complaint") == []

    assert told(engine, acme.id) == ["organization.paused"]


def test_a_bounce_of_the_accounts_own_suppression_list_counts_for_nobody(
    engine: Engine, acme: Tenant
) -> None:
    for _ in range(2):
        sent = ses.external_id()
        acme.message(external_id=sent)
        body = ses.event("bounce_permanent", sent).replace(
            '"bounceSubType": "General"', '"bounceSubType": "OnAccountSuppressionList"'
        )
        assert "OnAccountSuppressionList" in body
        apply(engine, [parse(body)])

    report(engine, acme, "bounce_permanent")

    assert paused(engine, acme.id) is None


def test_only_the_last_thousand_count(
    engine: Engine, acme: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three in place of 1,000."""
    statement = str(brake._COUNT).replace(f"LIMIT {brake.SENDS}", "LIMIT 3")
    monkeypatch.setattr(brake, "_COUNT", sa.text(statement))

    report(engine, acme, "bounce_permanent", "delivery", "delivery", "bounce_permanent")

    assert paused(engine, acme.id) is None
    report(engine, acme, "bounce_permanent")
    assert paused(engine, acme.id) == "bounces"


def test_who_is_released_begins_anew(engine: Engine, acme: Tenant) -> None:
    report(engine, acme, "complaint")
    with engine.begin() as connection:
        assert brake.release(connection, acme.id) is not None
        assert brake.release(connection, acme.id) is None

    report(engine, acme, "bounce_permanent")

    assert paused(engine, acme.id) is None
    assert told(engine, acme.id) == ["organization.paused", "organization.released"]
    report(engine, acme, "complaint")
    assert paused(engine, acme.id) == "complaints"


def test_it_looks_once_a_second_at_most(engine: Engine, acme: Tenant) -> None:
    braking = Brake(engine, ONE, lambda: None)
    braking.note([acme.id])
    braking.look()
    report(engine, acme, "complaint", lines=Lines(1000, 1000))
    braking.note([acme.id])

    braking.look()

    assert paused(engine, acme.id) is None
    braking._look_at = 0.0
    braking.look()
    assert paused(engine, acme.id) == "complaints"


def test_what_was_accepted_before_the_release_counts_no_more(engine: Engine, acme: Tenant) -> None:
    moment = clock.now() + timedelta(hours=1)
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE organization SET counted_from = :at WHERE id = :id"),
            {"at": moment, "id": acme.id},
        )

    report(engine, acme, "complaint")

    assert paused(engine, acme.id) is None


def test_who_is_paused_now_is_a_number_for_each_reason(engine: Engine) -> None:
    report(engine, tenant(engine), "bounce_permanent", "bounce_permanent")

    (family,) = Asked(engine, brake.PAUSED_NOW).collect()

    found = {one.labels["type"]: one.value for one in family.samples}
    assert found == {"bounces": 1, "complaints": 0, "operator": 0}
