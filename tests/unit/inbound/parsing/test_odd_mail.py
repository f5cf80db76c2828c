"""Every mail of the fixtures: read, fast, small, and fit for the database."""

import pytest

from services.inbound.parsing.children import Children
from services.inbound.parsing.mail import Mail
from tests import odd_mail
from tests.unit.inbound.parsing.expense import parsed

MAIL = odd_mail.everything()


def texts(mail: Mail) -> list[str]:
    boxes = [*mail.to, *mail.cc, *mail.reply_to, *([mail.from_] if mail.from_ else [])]
    ids = [*mail.in_reply_to, *mail.references, mail.message_id]
    lines = [mail.subject, *(one.email for one in boxes), *(one.name for one in boxes), *ids]
    names = [text for file in mail.files for text in (file.name, file.content_type)]
    bodies = [mail.text, mail.html, mail.extracted_text, *(file.content_id for file in mail.files)]
    return [text for text in [*lines, *names, *bodies] if text is not None]


@pytest.mark.parametrize("name", MAIL)
def test_a_mail_is_read(children: Children, name: str) -> None:
    mail = children.parse(MAIL[name])

    assert mail.error is None
    for text in texts(mail):
        assert "\0" not in text
        text.encode()  # no half of a surrogate pair


def test_all_of_them_together_cost_less_than_one_may() -> None:
    expense = parsed(MAIL.values())

    assert expense.seconds < 2
    assert expense.peak < 300 << 20


def test_there_are_enough_of_them_and_each_has_a_word_on_what_is_odd() -> None:
    assert len(odd_mail.CPYTHON) >= 47
    assert len(odd_mail.OWN) >= 60
    assert sorted(odd_mail.oddities()) == odd_mail.OWN
    assert len(set(odd_mail.oddities().values())) >= 60
