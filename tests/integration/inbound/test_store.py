"""A received mail into the tables: all that it becomes at once, and in which thread."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from common import clock, ids
from common.models import Attachment, Blob, Message, RawMail, Recipient, Search, Thread
from common.settings import Settings
from services.inbound.fetch import Raw
from services.inbound.parsing.mail import File, Mail, Mailbox
from services.inbound.receipt import Receipt
from services.inbound.recipients import Place
from services.inbound.references import named
from services.inbound.rows import Arrival
from services.inbound.store import RECEIVED, lacking, store
from tests.integration.builders import (
    Tenant,
    deliveries_of,
    events_of,
    message,
    reread,
    tenant,
    webhook,
)

JANE = Mailbox("jane@customer.example", "Jane")
SES_ID = "010001a2137238cb-c037678b-536d-44f4-89ca-a596528c7b84-000000"


def arrival(*references: str, in_reply_to: tuple[str, ...] = (), **fields: object) -> Arrival:
    mail = Mail("A question", JANE, references=references, in_reply_to=in_reply_to, text="Hello.")
    receipt = Receipt(ids.new().hex, "jane@customer.example", (), {}, "b", "k")
    whole = replace(mail, **fields)  # type: ignore[arg-type]
    return Arrival(receipt, Raw("b", "k", "00ff", 99, b""), whole, clock.now())


def put(engine: Engine, arrived: Arrival, *owners: Tenant) -> tuple[int, int]:
    """How many messages, and how many deliveries."""
    places = [Place(one.inbox.id, one.organization.id, one.inbox.email) for one in owners]
    chain = named(arrived.mail.references, arrived.mail.in_reply_to)
    with engine.begin() as connection:
        written, deliveries = store(connection, arrived, places, chain)
    return len(written), deliveries


def received(engine: Engine, owner: Tenant) -> list[Message]:
    mine = (col(Message.inbox_id) == owner.inbox.id, col(Message.direction) == "inbound")
    with Session(engine) as session:
        return list(session.exec(select(Message).where(*mine).order_by(col(Message.id))))


def thread_of(engine: Engine, owner: Tenant, arrived: Arrival) -> Thread:
    put(engine, arrived, owner)
    with Session(engine) as session:
        return session.get_one(Thread, received(engine, owner)[-1].thread_id)


def test_each_inbox_has_a_message_of_its_own(engine: Engine, acme: Tenant, globex: Tenant) -> None:
    assert put(engine, arrival(), acme, globex) == (2, 0)

    [ours], [theirs] = received(engine, acme), received(engine, globex)
    assert ours.thread_id != theirs.thread_id
    assert (ours.organization_id, theirs.organization_id) == (
        acme.organization.id,
        globex.organization.id,
    )


def test_all_that_it_becomes_is_there_at_once(engine: Engine, acme: Tenant) -> None:
    webhook(engine, acme, "https://example.com/", "message.received")

    assert put(engine, arrival(), acme) == (1, 1)

    [one] = received(engine, acme)
    [event] = events_of(engine, acme)
    assert (event.type, event.message_id) == ("message.received", one.id)
    assert event.payload["from"] == "Jane <jane@customer.example>"
    assert "text" not in event.payload
    assert [each.event_id for each in deliveries_of(engine, acme)] == [event.id]
    with Session(engine) as session:
        assert session.get_one(RawMail, one.id).sha256 == "00ff"
        assert session.get_one(Search, one.id).document is None
        [recipient] = session.exec(select(Recipient).where(col(Recipient.message_id) == one.id))
    assert (recipient.email, recipient.status) == (acme.inbox.email, "received")


def test_the_same_receipt_is_one_message_however_often_it_comes(
    engine: Engine, acme: Tenant
) -> None:
    webhook(engine, acme, "https://example.com/", "message.received")
    arrived = arrival(files=(File("a", "text/plain", None, None, False, b"x"),))

    assert [put(engine, arrived, acme) for _ in range(3)] == [(1, 1), (0, 0), (0, 0)]

    [one] = received(engine, acme)
    assert len(events_of(engine, acme)) == len(deliveries_of(engine, acme)) == 1
    with Session(engine) as session:
        assert session.get_one(Thread, one.thread_id).message_count == 1
        counts = [
            session.exec(select(sa.func.count()).select_from(of)) for of in (Attachment, Blob)
        ]
    assert [count.one() for count in counts] == [1, 1]


def test_also_where_two_workers_have_it_at_one_time(engine: Engine, acme: Tenant) -> None:
    arrived = arrival()

    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(lambda _: put(engine, arrived, acme)[0], range(4)))

    assert sorted(written) == [0, 0, 0, 1]
    assert len(received(engine, acme)) == 1


def test_an_inbox_that_lacked_it_still_gets_it(
    engine: Engine, acme: Tenant, globex: Tenant
) -> None:
    arrived = arrival()
    put(engine, arrived, acme)
    places = [Place(one.inbox.id, one.organization.id, "x") for one in (acme, globex)]

    with engine.connect() as connection:
        assert lacking(connection, arrived.receipt.message_id, places) == places[1:]

    assert put(engine, arrived, acme, globex) == (1, 0)


@pytest.mark.parametrize("domain", ["email", "eu-west-1", "ap-southeast-2"])
def test_an_answer_to_what_ses_sent_for_us_is_in_its_thread_in_every_region(
    engine: Engine, acme: Tenant, domain: str
) -> None:
    sent = message(engine, acme, external_message_id=SES_ID, status="sent", send_state="done")

    thread = thread_of(engine, acme, arrival(in_reply_to=(f"<{SES_ID}@{domain}.amazonses.com>",)))

    assert thread.id == acme.thread.id
    assert received(engine, acme)[0].in_reply_to_id == sent.id


def test_our_stable_id_is_enough(engine: Engine, acme: Tenant) -> None:
    sent = message(engine, acme, status="queued", send_state="unknown")
    stable = f"<{ids.encode(ids.MESSAGE, sent.id)}@postroom.test>"

    assert thread_of(engine, acme, arrival("<old@x>", stable)).id == acme.thread.id
    assert received(engine, acme)[0].in_reply_to_id == sent.id


def test_so_is_the_id_of_a_mail_that_we_received(engine: Engine, acme: Tenant) -> None:
    first = thread_of(engine, acme, arrival(message_id="<1@customer.example>"))

    assert thread_of(engine, acme, arrival("<1@customer.example>")).id == first.id


def test_the_newest_reference_that_is_known_decides(engine: Engine, acme: Tenant) -> None:
    old = thread_of(engine, acme, arrival(message_id="<old@x>"))
    new = thread_of(engine, acme, arrival(message_id="<new@x>"))
    other = thread_of(engine, acme, arrival(message_id="<other@x>"))

    by_references = arrival("<old@x>", "<new@x>", "<unknown@x>", in_reply_to=("<other@x>",))
    by_in_reply_to = arrival("<unknown@x>", in_reply_to=("<other@x>",))

    assert len({old.id, new.id, other.id}) == 3
    assert thread_of(engine, acme, by_references).id == new.id
    assert thread_of(engine, acme, by_in_reply_to).id == other.id


def test_the_same_subject_alone_is_no_thread(engine: Engine, acme: Tenant) -> None:
    first, second = (
        thread_of(engine, acme, arrival(subject=subject)) for subject in ("Hi", "Re: Hi")
    )

    assert first.id != second.id


def test_whoever_names_a_message_of_another_organization_gets_a_thread_of_his_own(
    engine: Engine, acme: Tenant, globex: Tenant
) -> None:
    secret = message(engine, globex, external_message_id=SES_ID, status="sent", send_state="done")
    thread_of(engine, globex, arrival(message_id="<1@globex.example>"))
    stable = f"<{ids.encode(ids.MESSAGE, secret.id)}@postroom.test>"
    guessed = ("<1@globex.example>", f"<{SES_ID}@email.amazonses.com>", stable)

    thread = thread_of(engine, acme, arrival(*guessed, in_reply_to=guessed))

    assert thread.organization_id == acme.organization.id
    assert thread.message_count == 1
    assert received(engine, acme)[0].in_reply_to_id is None
    assert reread(engine, globex.thread).message_count == globex.thread.message_count


def test_neither_is_a_thread_joined_in_another_inbox_of_the_same_organization(
    engine: Engine, acme: Tenant
) -> None:
    sister = tenant(engine)
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE inbox SET organization_id = :mine WHERE id = :inbox"),
            {"mine": acme.organization.id, "inbox": sister.inbox.id},
        )
    theirs = message(engine, sister, organization_id=acme.organization.id)
    stable = f"<{ids.encode(ids.MESSAGE, theirs.id)}@postroom.test>"

    assert thread_of(engine, acme, arrival(stable)).id != sister.thread.id


def test_a_thread_knows_how_many_and_who_and_when(engine: Engine, acme: Tenant) -> None:
    first = thread_of(engine, acme, arrival(message_id="<1@x>", to=(Mailbox("Shop@x", ""),)))
    bob = arrival("<1@x>", from_=Mailbox("Bob@customer.example", ""), cc=(JANE,))

    grown = thread_of(engine, acme, bob)

    assert first.participants == ["jane@customer.example", "shop@x"]
    assert grown.participants == [*first.participants, "bob@customer.example"]
    assert grown.message_count == 2
    assert grown.last_message_id == received(engine, acme)[-1].id > first.last_message_id
    assert grown.subject == "A question"


def test_a_mail_that_could_not_be_read_is_stored_and_told_all_the_same(
    engine: Engine, acme: Tenant
) -> None:
    webhook(engine, acme, "https://example.com/", "message.received")
    arrived = replace(arrival(), mail=Mail(error="Reading the mail took too long."))

    assert put(engine, arrived, acme) == (1, 1)

    assert received(engine, acme)[0].parse_error == "Reading the mail took too long."
    assert events_of(engine, acme)[0].payload["parseError"] == "Reading the mail took too long."


def test_who_waits_for_mail_hears_of_it_when_it_is_committed(
    settings: Settings, engine: Engine, acme: Tenant
) -> None:
    url = settings.database_url.replace("+psycopg", "", 1)
    with psycopg.connect(url, autocommit=True) as listener:
        listener.execute(f"LISTEN {RECEIVED}")

        put(engine, arrival(), acme)

        [heard] = listener.notifies(timeout=5, stop_after=1)
    assert heard.payload == str(acme.inbox.id)
