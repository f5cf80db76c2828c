"""What a message is found by."""

from typing import Any

from hypothesis import given, strategies as st

from services.api.documents import MAX_DOCUMENT, Texts, document, says
from services.api.language import Phrase, parse
from services.api.words import words

ROW: dict[str, Any] = {
    "direction": "outbound",
    "automatic": False,
    "from_name": "Jane Doe",
    "from_email": "jane.doe@mail.example",
    "subject": "Your order",
    "text": "Your order is on its way",
    "html": None,
    "recipients": ["Jo jo@customer.example", " max@customer.example"],
    "has_attachment": False,
}


def lexemes(**changes: Any) -> list[str]:
    return document(Texts.of(ROW | changes))


def plain(**changes: Any) -> list[str]:
    return [one for one in lexemes(**changes) if ":" not in one]


def test_plain_words_are_those_of_sender_subject_and_text_once_each() -> None:
    assert plain() == [
        *["jane", "doe", "mail", "example"],
        *["your", "order", "is", "on", "its", "way"],
    ]


def test_a_field_has_its_words_behind_its_mark() -> None:
    marked = [one for one in lexemes() if one[:1] == ":" and one[1] != "i"]

    assert marked == [
        *[":f:jane", ":f:doe", ":f:mail", ":f:example"],
        *[":s:your", ":s:order"],
        *[":t:jo", ":t:customer", ":t:example", ":t:max"],
    ]


def test_what_is_true_of_it_is_a_lexeme_of_its_own() -> None:
    def facts(**changes: Any) -> list[str]:
        return [one for one in lexemes(**changes) if one.startswith(":i:")]

    assert facts() == [":i:sent"]
    assert facts(direction="inbound", automatic=True) == [":i:received", ":i:automatic"]
    assert facts(has_attachment=True) == [":i:sent", ":i:attachment"]


def test_a_mail_cannot_pretend_what_is_not_true_of_it() -> None:
    forged = ":i:attachment f:boss t:boss ':i:received' i\uff1aattachment"

    assert {one for one in lexemes(text=forged, subject=forged) if one[:3] in {":i:", ":f:"}} == {
        *[":i:sent", ":f:jane", ":f:doe", ":f:mail", ":f:example"]
    }


def test_html_is_read_only_where_there_is_no_text() -> None:
    html = "<p>rich</p>"

    assert "rich" not in plain(html=html)
    assert "rich" in plain(text=None, html=html)
    assert "rich" in plain(text="", html=html)


def test_a_document_stays_below_what_postgres_takes() -> None:
    text = " ".join(chr(0x10400 + at % 40) * 90 + str(at) for at in range(20_000))
    found = lexemes(text=text)

    assert sum(len(one.encode()) for one in found) <= MAX_DOCUMENT
    assert {":i:sent", ":f:jane", ":s:order", ":t:max", "order"} <= set(found)


@given(st.text())
def test_a_text_is_found_by_each_of_its_words(text: str) -> None:
    found = plain(from_name="", from_email="", subject="", text=text)

    assert set(words(text)) == set(found)


def has(query: str, **changes: Any) -> bool:
    return says(Texts.of(ROW | changes), parse(query).phrases)


def test_a_phrase_is_whole_words_beside_each_other_in_their_order() -> None:
    assert has('"order is on"')
    assert has('"ORDER, is-on"')
    assert not has('"order on"')
    assert not has('"is order"')
    assert not has('"rder is"')
    assert not has('"order i"')


def test_a_phrase_stands_in_one_of_the_texts() -> None:
    assert has('"your order"', text="")
    assert has('"jane doe"')
    assert not has('"order your"')
    assert not has('"order where"', subject="order", text="where")


def test_a_phrase_of_a_field_stands_there() -> None:
    assert has('subject:"your order"', text="")
    assert not has('subject:"your order"', subject="")
    assert has('from:"Jane Doe"')
    assert has('from:"Jane Doe <jane.doe@mail.example>"')
    assert not has('from:"Jo jo"')
    assert has('to:"jo@customer.example"')
    assert not has('to:"example max"')


def test_all_phrases_are_needed() -> None:
    assert has('"your order" "its way" from:"jane doe"')
    assert not has('"your order" "way its"')


def test_a_phrase_is_found_in_scripts_without_spaces() -> None:
    assert has('"会议的资料"', text="关于会议的资料")
    assert not has('"议会"', text="关于会议的资料")


@given(st.text(), st.text(), st.text())
def test_a_text_has_itself_whatever_stands_around_it(before: str, text: str, after: str) -> None:
    phrase = Phrase("", tuple(words(text)))

    assert not phrase.words or says(Texts("", body=f"{before} {text} {after}"), [phrase])
