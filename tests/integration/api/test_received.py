"""Received mail as it is shown, answered and given out."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from common import events, ids, resources
from common.models import Attachment, Blob
from services.api.schemas.messages import MessageShown
from tests.integration.api.arriving import Arriving
from tests.integration.api.mailing import Box, accepted, box, code
from tests.integration.api.serving import Organization
from tests.tenants import put

CLEAN = {"spam": "pass", "virus": "pass", "spf": "pass", "dkim": "pass", "dmarc": "pass"}
ODD = {
    "text": "Yes.\n\n> Is it?",
    "extracted_text": "Yes.",
    "sent_at": datetime(2026, 11, 25, 10, tzinfo=UTC),
    "verdicts": CLEAN,
    "sender_verified": True,
    "automatic": True,
    "parse_error": "too many parts",
    "reply_to": ["Desk <desk@customer.example>"],
}


@pytest.fixture
def shop(client: httpx.Client) -> Box:
    return box(client, email="shop@mail.test")


@pytest.fixture
def arrive(engine: sa.Engine, owner: Organization, shop: Box) -> Arriving:
    return Arriving(engine, owner.id, shop)


def attach(engine: sa.Engine, arrive: Arriving, message_id: str, **columns: Any) -> str:
    blob = Blob(organization_id=arrive.organization_id, content=b"abc")
    file = Attachment(
        organization_id=arrive.organization_id,
        message_id=ids.decode(ids.MESSAGE, message_id),
        position=0,
        name="a.png",
        content_type="image/png",
        size=3,
        blob_id=blob.id,
        **columns,
    )
    put(engine, blob, file)
    return ids.encode(ids.ATTACHMENT, file.id)


def test_what_is_known_of_it_is_shown(shop: Box, arrive: Arriving) -> None:
    shown = shop.get(arrive(**ODD))

    assert shown["extractedText"] == "Yes."
    assert shown["date"] == "2026-11-25T10:00:00.000Z"
    assert shown["verdicts"] == CLEAN
    assert (shown["senderVerified"], shown["automatic"]) == (True, True)
    assert shown["parseError"] == "too many parts"
    assert shown["replyTo"] == ["Desk <desk@customer.example>"]
    MessageShown.model_validate(shown)


def test_what_is_not_known_of_it_is_left_out(shop: Box, arrive: Arriving) -> None:
    plain = shop.get(arrive(sender_verified=False))
    sent = shop.send()

    members = {"extractedText", "date", "verdicts", "automatic", "parseError", "replyTo"}
    assert members.isdisjoint(plain)
    assert plain["senderVerified"] is False
    assert (members | {"senderVerified"}).isdisjoint(sent)


def test_a_sent_message_shows_where_replies_go(shop: Box) -> None:
    sent = shop.send(replyTo=["desk@mail.test"])

    assert sent["replyTo"] == ["desk@mail.test"]
    assert shop.get(sent["id"]) == sent


def test_its_event_is_told_with_all_its_bodies_and_kept_without(
    shop: Box, arrive: Arriving, engine: sa.Engine
) -> None:
    message_id = arrive(**ODD, html="<p>Yes.</p>")

    [told] = shop.client.get("/v1/events", params={"type": "message.received"}).json()
    [of_message] = shop.client.get(f"{shop.path}/messages/{message_id}/events").json()

    assert told == of_message
    bodies = {"text": ODD["text"], "html": "<p>Yes.</p>", "extractedText": "Yes."}
    assert {name: told["payload"][name] for name in bodies} == bodies
    assert told["payload"]["verdicts"] == CLEAN
    with engine.connect() as connection:
        query = sa.text("SELECT payload FROM event WHERE type = 'message.received'")
        kept = connection.execute(query).scalar_one()
    assert bodies.keys().isdisjoint(kept)


def test_an_attachment_says_what_it_is(shop: Box, arrive: Arriving, engine: sa.Engine) -> None:
    message_id = arrive()
    inline = {"content_id": "logo@x", "inline": True, "detected_type": "image/gif"}
    attach(engine, arrive, message_id, **inline)

    [shown] = shop.get(message_id)["attachments"]

    assert shown["contentType"] == "image/png"
    assert (shown["contentId"], shown["inline"]) == ("logo@x", True)
    assert (shown["detectedType"], shown["content"]) == ("image/gif", "YWJj")


@pytest.mark.parametrize("verdict", ["pass", "gray", "processing_failed", "disabled"])
def test_a_file_in_which_no_virus_was_found_is_given_out(
    shop: Box, arrive: Arriving, engine: sa.Engine, verdict: str
) -> None:
    message_id = arrive(verdicts=CLEAN | {"virus": verdict})
    path = f"{shop.path}/messages/{message_id}/attachments/{attach(engine, arrive, message_id)}"

    assert shop.client.get(path).content == b"abc"


def test_a_virus_is_listed_and_not_given_out(
    shop: Box, arrive: Arriving, engine: sa.Engine
) -> None:
    message_id = arrive(verdicts=CLEAN | {"virus": "fail"}, labels=["virus"])
    file_id = attach(engine, arrive, message_id)

    [shown] = shop.get(message_id)["attachments"]
    response = shop.client.get(f"{shop.path}/messages/{message_id}/attachments/{file_id}")

    assert "content" not in shown
    assert (shown["id"], shown["size"]) == (file_id, 3)
    assert code(response) == (403, "attachment_withheld")
    missing = shop.client.get(f"{shop.path}/messages/{message_id}/attachments/x")
    assert code(missing) == (404, "attachment_not_found")


def test_a_reply_quotes_what_it_answers(shop: Box, arrive: Arriving) -> None:
    answered = accepted(shop.reply(arrive(**ODD | {"automatic": False}), quote=True))

    assert answered["to"] == ["Desk <desk@customer.example>"]
    assert answered["text"] == (
        "Thanks\n\nOn Wed, 25 Nov 2026 at 10:00 UTC, Jane Doe <jane@customer.example> wrote:\n\n"
        "> Yes.\n>\n> > Is it?\n"
    )
    assert "html" not in answered


def test_events_and_messages_are_shown_by_the_same_hand() -> None:
    """Five processes tell of messages: what one needs of a row the others have to read."""
    assert "m.extracted_text" in resources.MESSAGE_COLUMNS_WITH_BODIES
    assert "extracted_text" not in resources.MESSAGE_COLUMNS
    event = {
        "inbox_id": None,
        "message_id": None,
        "id": ids.new(),
        "type": "message.received",
        "created_at": datetime(2026, 11, 25, tzinfo=UTC),
        "organization_id": ids.new(),
        "payload": {"id": "x"},
    }

    assert events.envelope(event, "a", None, "b")["payload"] == {
        "id": "x",
        "text": "a",
        "extractedText": "b",
    }
