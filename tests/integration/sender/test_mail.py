"""A claimed row as the mail that it is: nothing is lost between the tables and the MIME."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
import sqlalchemy as sa

from common import ids
from services.sender.compose import compose
from services.sender.jobs import Jobs
from services.sender.mail import envelope, outgoing
from services.sender.wire import Envelope
from tests.integration.builders import Tenant, attachment, message, tenant

EVERY_BYTE = bytes(range(256)) * 20


@pytest.fixture
def acme(engine: sa.Engine) -> Tenant:
    return tenant(engine)


def written(engine: sa.Engine) -> tuple[EmailMessage, Envelope]:
    """The one message that is due, as its reader and as SES would get it."""
    (claimed,) = Jobs(engine, 60, "email.amazonses.com").claim(10)
    mime = compose(outgoing(engine, claimed))
    whole = b"".join(mime)
    return message_from_bytes(whole, policy=policy.default), envelope(claimed, mime, 3)


def test_everybody_is_in_the_envelope_and_bcc_nowhere_else(engine: sa.Engine, acme: Tenant) -> None:
    queued = message(
        engine,
        acme,
        to=("b@example.com", "a@example.com"),
        cc=("c@example.com",),
        bcc=("hidden@example.com",),
    )

    mail, asked = written(engine)

    assert (asked.to, asked.cc) == (("b@example.com", "a@example.com"), ("c@example.com",))
    assert asked.bcc == ("hidden@example.com",)
    assert asked.sender == acme.inbox.email
    assert dict(asked.tags) == {
        "postroom_message": ids.encode(ids.MESSAGE, queued.id),
        "postroom_attempt": "3",
    }
    assert (mail["To"], mail["Cc"]) == ("b@example.com, a@example.com", "c@example.com")
    assert b"hidden" not in b"".join(asked.mime)
    assert b"bcc" not in b"".join(asked.mime).lower()


def test_the_fields_of_the_row_are_the_fields_of_the_mail(engine: sa.Engine, acme: Tenant) -> None:
    message(
        engine,
        acme,
        subject="Grüße 👋",
        from_name="Übersee, Ltd.",
        reply_to=["Help <help@example.com>"],
        headers={"X-Campaign": "spring"},
        text="Zeile eins\nZeile zwei",
        html="<p>Größe</p>",
    )

    mail, _ = written(engine)

    assert mail["Subject"] == "Grüße 👋"
    assert mail["From"].addresses[0].display_name == "Übersee, Ltd."
    assert mail["Reply-To"] == "Help <help@example.com>"
    assert mail["X-Campaign"] == "spring"
    plain, html = mail.iter_parts()
    assert plain.get_content().splitlines() == ["Zeile eins", "Zeile zwei"]
    assert html.get_content().splitlines() == ["<p>Größe</p>"]


def test_files_come_through_in_their_order_byte_for_byte(engine: sa.Engine, acme: Tenant) -> None:
    carrier = message(engine, acme)
    files = [
        ("Übersicht.pdf", "application/pdf", EVERY_BYTE),
        ("empty.txt", "text/plain", b""),
        ("large.bin", "application/octet-stream", EVERY_BYTE * 411),  # more than two MiB
        ("same.pdf", "application/pdf", EVERY_BYTE),
    ]
    for position, file in enumerate(files):
        attachment(engine, carrier, file, position)

    mail, _ = written(engine)

    found = [
        (one.get_filename(), one.get_content_type(), one.get_payload(decode=True))
        for one in mail.iter_attachments()
    ]
    assert files == found


def replying(engine: sa.Engine, acme: Tenant, parent_id: object, *chain: str) -> EmailMessage:
    message(engine, acme, in_reply_to_id=parent_id, reference_ids=list(chain))
    return written(engine)[0]


def test_a_reply_names_its_parent_by_the_id_that_ses_stamped(
    engine: sa.Engine, acme: Tenant
) -> None:
    parent = message(engine, acme, send_state="done", status="sent", external_message_id="0100-a")

    reply = replying(engine, acme, parent.id, "<ours@postroom.test>")

    assert reply["In-Reply-To"] == "<0100-a@email.amazonses.com>"
    assert reply["References"].split()[1:] == [
        "<ours@postroom.test>",
        "<0100-a@email.amazonses.com>",
    ]


def test_a_reply_to_what_ses_has_not_yet_names_it_by_our_own_id(
    engine: sa.Engine, acme: Tenant
) -> None:
    parent = message(engine, acme, send_state="done")

    reply = replying(engine, acme, parent.id, "<first@example.com>", "<ours@postroom.test>")

    assert reply["In-Reply-To"] == "<ours@postroom.test>"


def test_a_reply_to_received_mail_names_it_by_its_own_id(engine: sa.Engine, acme: Tenant) -> None:
    parent = message(
        engine,
        acme,
        direction="inbound",
        status="received",
        send_state=None,
        internet_message_id="<theirs@example.com>",
    )

    reply = replying(engine, acme, parent.id, "<older@example.com>")

    assert reply["In-Reply-To"] == "<theirs@example.com>"
    assert reply["References"].split()[1:] == ["<older@example.com>", "<theirs@example.com>"]


def test_a_reply_to_mail_without_an_id_never_names_it_by_that_of_its_receipt(
    engine: sa.Engine, acme: Tenant
) -> None:
    """SES names a receipt too, and that name was never on any wire."""
    parent = message(
        engine,
        acme,
        direction="inbound",
        status="received",
        send_state=None,
        external_message_id="d6iitobk75ur",
    )

    reply = replying(engine, acme, parent.id, "<older@example.com>")

    assert reply["In-Reply-To"] == "<older@example.com>"
    assert "d6iitobk75ur" not in reply.as_string()


def test_a_parent_of_another_organization_is_no_parent(engine: sa.Engine, acme: Tenant) -> None:
    strangers = message(engine, tenant(engine), send_state="done", external_message_id="0100-a")

    reply = replying(engine, acme, strangers.id)

    assert "In-Reply-To" not in reply
