"""Message ids on the wire: ours first, whatever SES writes, and nothing malformed behind it."""

from hypothesis import given, strategies as st

from tests.unit.sender.compose_mails import OWN, compose, hostile, mail, read_legacy, unfolded

ids = st.integers(0, 60).map(lambda number: f"<{number}@x.example>")


def references(parent: str | None, chain: tuple[str, ...]) -> list[str]:
    message = read_legacy(compose(mail(in_reply_to=parent, references=chain)))
    return unfolded(message["References"]).split(" ")


def test_a_first_mail_refers_to_its_own_stable_id_and_replies_to_nothing() -> None:
    message = read_legacy(compose(mail()))

    assert OWN == message["References"] == message["Message-ID"]
    assert message["In-Reply-To"] is None


def test_a_reply_has_our_id_then_the_chain_then_the_parent() -> None:
    assert references("<p@x>", ("<a@x>", "<b@x>")) == [OWN, "<a@x>", "<b@x>", "<p@x>"]


def test_a_reply_names_its_parent() -> None:
    assert read_legacy(compose(mail(in_reply_to="<p@x>")))["In-Reply-To"] == "<p@x>"


def test_repeated_ids_are_written_once_and_the_parent_stays_last() -> None:
    chain = ("<a@x>", "<p@x>", "<a@x>", OWN, "<b@x>")

    assert references("<p@x>", chain) == [OWN, "<a@x>", "<b@x>", "<p@x>"]


def test_a_mail_that_replies_to_itself_still_begins_with_our_id() -> None:
    assert references(OWN, ("<a@x>",)) == [OWN, "<a@x>"]


def test_a_long_chain_keeps_its_first_and_its_last_ids() -> None:
    chain = tuple(f"<{number}@x>" for number in range(100))

    kept = references("<p@x>", chain)

    assert [OWN, "<0@x>", "<1@x>", "<2@x>", *chain[-15:], "<p@x>"] == kept


def test_a_malformed_parent_is_left_out() -> None:
    for parent in (
        "",
        "p@x",
        "<p@x",
        "<p x>",
        "<p>q>",
        "<>",
        "<p\r\nBcc:a@b.example>",
        "<=?q?x>",
        "<ü@x>",
    ):
        message = read_legacy(compose(mail(in_reply_to=parent)))

        assert [message["References"], message["In-Reply-To"]] == [OWN, None]


@given(st.none() | ids, st.lists(ids, max_size=60).map(tuple))
def test_references_are_unique_few_and_in_the_order_of_the_chain(
    parent: str | None, chain: tuple[str, ...]
) -> None:
    kept = references(parent, chain)

    assert len(set(kept)) == len(kept) <= 20
    assert kept[0] == OWN
    assert parent is None or parent == kept[-1]
    order = [chain.index(each) for each in kept[1:] if each != parent]
    assert sorted(order) == order


@given(hostile, st.lists(hostile | hostile.map(lambda text: f"<{text}>")).map(tuple))
def test_nothing_malformed_is_written(parent: str, chain: tuple[str, ...]) -> None:
    raw = compose(mail(in_reply_to=parent, references=chain))

    for token in unfolded(read_legacy(raw)["References"]).split(" "):
        assert token == OWN or token in {parent, *chain}
        assert [token[0], token[-1]] == ["<", ">"]
        assert token[1:-1].isascii()
        assert not {"<", ">", " "} & set(token[1:-1])
