import base64

from deploy.local.aws.ses.journal import Journal, shown
from deploy.local.aws.ses.outgoing import Outgoing


def mail(name: str = "", size: int = 10) -> Outgoing:
    return Outgoing(f"{name}@example.com", ("b@example.com",), None, {}, b"x" * size, ())


def sources(journal: Journal, since: str | None = None) -> list[str]:
    return [accepted.mail.source.partition("@")[0] for accepted in journal.since(since)]


def test_the_newest_mail_is_first() -> None:
    journal = Journal()
    for name in "abc":
        journal.accept(mail(name))

    assert sources(journal) == ["c", "b", "a"]


def test_since_an_id_only_what_came_after_it() -> None:
    journal = Journal()
    first, _, last = (journal.accept(mail(name)).message_id for name in "abc")

    assert sources(journal, first) == ["c", "b"]
    assert sources(journal, last) == []


def test_since_an_id_that_nobody_knows_everything() -> None:
    journal = Journal()
    journal.accept(mail("a"))

    assert sources(journal, "0100-unknown") == ["a"]


def test_the_oldest_mails_are_forgotten_by_number() -> None:
    journal = Journal(most_mails=2)
    ids = [journal.accept(mail(name)).message_id for name in "abcd"]

    assert sources(journal) == ["d", "c"]
    assert sources(journal, ids[0]) == ["d", "c"]
    assert sources(journal, ids[2]) == ["d"]


def test_the_oldest_mails_are_forgotten_by_weight() -> None:
    journal = Journal(most_bytes=100)
    for name in "abc":
        journal.accept(mail(name, size=40))

    assert sources(journal) == ["c", "b"]


def test_a_mail_is_shown_with_its_bytes_in_base64() -> None:
    accepted = Journal().accept(mail("a"))

    item = shown(accepted)

    assert set(item) == {
        *("messageId", "source", "destinations", "configurationSet", "tags", "raw", "acceptedAt"),
        "events",
    }
    assert base64.b64decode(item["raw"]) == b"x" * 10
    assert item["acceptedAt"].endswith("Z")
