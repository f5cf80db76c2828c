"""PATCH /v1/inboxes/{inboxId}/messages/{messageId}: labels."""

import httpx
import pytest

from tests.integration.api.mailing import Box, box, code, told


@pytest.fixture
def shop(client: httpx.Client) -> Box:
    return box(client)


def test_labels_are_put_on_and_taken_off(shop: Box) -> None:
    sent = shop.send(labels=["a", "b"])
    path = f"{shop.path}/messages/{sent['id']}"

    changed = told(shop.client.patch(path, json={"labels": {"add": ["c", "a"], "remove": ["b"]}}))

    assert changed["labels"] == ["a", "c"]
    assert changed["updatedAt"] > sent["updatedAt"]
    assert shop.get(sent["id"]) == changed
    assert shop.subjects(label="c") == ["Hello"]


def test_labels_that_are_there_already_change_nothing(shop: Box) -> None:
    sent = shop.send(labels=["a"])

    response = shop.client.patch(
        f"{shop.path}/messages/{sent['id']}", json={"labels": {"add": ["a"], "remove": ["z"]}}
    )

    assert told(response) == sent


def test_more_labels_than_a_message_has_are_refused(shop: Box) -> None:
    sent = shop.send(labels=[f"{at}" for at in range(50)])

    response = shop.client.patch(
        f"{shop.path}/messages/{sent['id']}", json={"labels": {"add": ["one more"]}}
    )

    assert code(response) == (422, "validation_failed")
