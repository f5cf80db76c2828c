"""A reply with what it answers behind it."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from services.api.quote import MAX_QUOTED, quoted
from services.api.schemas.messages import NewReply

SAID = "On Wed, 25 Nov 2026 at 10:00 UTC, Jane Doe <jane@customer.example> wrote:"


def original(**columns: Any) -> dict[str, Any]:
    return {
        "from_email": "jane@customer.example",
        "from_name": "Jane Doe",
        "text": "Where is it?\n\n> It is on its way.\n",
        "html": None,
        "sent_at": datetime(2026, 11, 25, 11, 0, tzinfo=timezone(timedelta(hours=1))),
        "created_at": datetime(2026, 11, 26, tzinfo=UTC),
    } | columns


def test_a_text_is_quoted_line_by_line() -> None:
    reply = quoted(NewReply(text="Here.\n"), original())

    assert reply.text == f"Here.\n\n{SAID}\n\n> Where is it?\n>\n> > It is on its way.\n"
    assert reply.html is None


def test_html_gets_a_block_of_text_at_the_end_of_what_is_shown() -> None:
    reply = quoted(NewReply(html="<html><body><p>Here.</p></BODY ></html>"), original())

    assert reply.text is None
    assert reply.html is not None
    assert reply.html.startswith("<html><body><p>Here.</p>\n<div>")
    assert '<blockquote type="cite"' in reply.html
    assert "Where is it?<br>\n<br>\n&gt; It is on its way.\n</blockquote>" in reply.html
    assert reply.html.endswith("</blockquote>\n</BODY ></html>")
    assert "Jane Doe &lt;jane@customer.example&gt; wrote:" in reply.html


def test_a_strangers_html_is_sent_on_as_words_alone() -> None:
    hostile = (
        "<style>p{display:none}</style><script>alert(1)</script><p>Where &lt;b&gt; is it?</p>"
        '<img src="https://tracker.example/x.gif" onerror="alert(1)"><form action="https://e.e">'
    )
    reply = quoted(NewReply(text="Here.", html="<p>Here.</p>"), original(text=None, html=hostile))

    assert reply.text is not None
    assert reply.html is not None
    assert reply.text.endswith("> Where <b> is it?\n")
    assert "Where &lt;b&gt; is it?" in reply.html
    for part in ("script", "style>", "img", "form", "tracker", "alert"):
        assert part not in reply.html.partition("wrote:")[2]


@pytest.mark.parametrize("breaks", ["a\r\nb", "a\rb", "a\nb", "a\x0bb", "a\x85b", "a\u2028b"])
def test_no_line_escapes_the_quote(breaks: str) -> None:
    reply = quoted(NewReply(text="Here."), original(text=breaks))

    assert reply.text is not None
    assert reply.text.splitlines()[-2:] == ["> a", "> b"]


def test_a_sender_who_writes_lines_into_a_name_stays_on_one() -> None:
    reply = quoted(NewReply(text="Here."), original(from_name="Jane\nDoe\r\n\r\nPay <here>"))

    assert reply.text is not None
    assert len(reply.text.partition("\n\n> ")[0].splitlines()) == 3


def test_without_a_date_of_its_own_it_was_written_when_it_came() -> None:
    reply = quoted(NewReply(text="Here."), original(sent_at=None))

    assert reply.text is not None
    assert "On Thu, 26 Nov 2026 at 00:00 UTC, " in reply.text


def test_what_is_quoted_has_an_end() -> None:
    reply = quoted(NewReply(text="Here."), original(text="x" * (MAX_QUOTED + 1)))

    assert reply.text is not None
    assert reply.text.endswith("x\n> [...]\n")
    assert len(reply.text) < MAX_QUOTED + 200


def test_a_message_without_a_word_is_quoted_as_that() -> None:
    reply = quoted(NewReply(text="Here."), original(text=None))

    assert reply.text == f"Here.\n\n{SAID}\n\n>\n"


def test_the_reply_is_as_large_as_it_became() -> None:
    short = NewReply(text="Here.")

    assert quoted(short, original(text="x" * 10_000)).mime_bytes > short.mime_bytes + 10_000
