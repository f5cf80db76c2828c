"""GET /v1/inboxes/{inboxId}/labels, and how messages are found by a label."""

import httpx
import pytest
import sqlalchemy as sa

from common import ids
from services.api import conditions, finding, labels
from services.api.cursor import Page
from services.api.finding import Wanted
from services.api.language import Query
from services.api.schemas.labels import LabelShown
from tests.integration.api.mailing import Body, Box, box, code
from tests.integration.api.serving import ClientOf, MakeOrganization, Organization
from tests.integration.api.stacks import copies


@pytest.fixture
def shop(client: httpx.Client) -> Box:
    return box(client)


def counted(shop: Box) -> list[Body]:
    answer = shop.client.get(f"{shop.path}/labels")
    assert answer.status_code == 200, answer.text
    found: list[Body] = answer.json()
    return found


def test_the_most_frequent_label_is_first_and_then_names_decide(shop: Box) -> None:
    for given in (["b", "a"], ["b"], ["Z", "ä"], []):
        shop.send(labels=given)

    found = counted(shop)

    assert found == [
        {"label": "b", "count": 2},
        {"label": "Z", "count": 1},
        {"label": "a", "count": 1},
        {"label": "ä", "count": 1},
    ]
    assert all(LabelShown.model_validate(one) for one in found)


def test_an_inbox_without_labels_has_none(shop: Box) -> None:
    shop.send()

    assert counted(shop) == []


def test_what_is_put_on_and_taken_off_counts_at_once(shop: Box) -> None:
    sent = shop.send(labels=["a"])
    path = f"{shop.path}/messages/{sent['id']}"

    shop.client.patch(path, json={"labels": {"add": ["b"], "remove": ["a"]}})
    assert counted(shop) == [{"label": "b", "count": 1}]

    shop.client.patch(path, json={"labels": {"remove": ["b"]}})
    assert counted(shop) == []


def test_a_hundred_labels_are_told(shop: Box) -> None:
    for start in range(0, 120, 40):
        shop.send(labels=[f"{number:03}" for number in range(start, start + 40)])
    shop.send(labels=["119"])

    found = [one["label"] for one in counted(shop)]

    assert found == ["119", *(f"{number:03}" for number in range(99))]


def test_labels_of_another_inbox_or_organization_do_not_count(
    shop: Box, client_of: ClientOf, organization: MakeOrganization
) -> None:
    stranger = client_of(organization("other").key)
    for other in (box(shop.client), box(stranger)):
        other.send(labels=["theirs"])

    assert counted(shop) == []
    assert code(stranger.get(f"{shop.path}/labels")) == (404, "inbox_not_found")
    shop.client.delete(shop.path)
    assert code(shop.client.get(f"{shop.path}/labels")) == (404, "inbox_not_found")


@pytest.fixture
def plan(engine: sa.Engine, shop: Box, owner: Organization) -> "Plan":
    """Of an inbox in which one of many messages has a label."""
    shop.send(subject="plain")
    shop.send(subject="labelled", labels=["a"])
    copies(engine, "plain", 5_000)
    copies(engine, "labelled", 50)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM (ANALYZE) message"))
    return Plan(engine, shop, owner)


class Plan:
    """How Postgres would look for something."""

    def __init__(self, engine: sa.Engine, shop: Box, owner: Organization) -> None:
        self._engine = engine
        self.owner = (owner.id, ids.decode(ids.INBOX, shop.id))

    def of(self, query: sa.TextClause, **values: object) -> str:
        asked = {name: one for name, one in values.items() if f":{name}" in query.text}
        with self._engine.connect() as connection:
            found = connection.execute(sa.text(f"EXPLAIN {query.text}"), asked).scalars()
            return "\n".join(found)


def test_labels_are_counted_without_reading_a_message(plan: Plan) -> None:
    organization_id, inbox_id = plan.owner

    told_plan = plan.of(labels._COUNT, organization_id=organization_id, inbox_id=inbox_id)

    assert "Index Only Scan using ix_message_labelled" in told_plan


def test_messages_with_a_label_are_found_among_those_that_have_one(plan: Plan) -> None:
    wanted = Wanted(*plan.owner, Page(50, None), Query(labels=("a",)))
    asked = conditions.of(wanted.query)

    told_plan = plan.of(finding._plain(wanted, asked), **wanted.values, **asked.values)

    assert "using ix_message_labelled" in told_plan
    assert "Seq Scan on message" not in told_plan
