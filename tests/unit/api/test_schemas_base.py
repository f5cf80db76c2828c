from typing import Annotated, Any

import pytest
from pydantic import Field, ValidationError

from services.api.problems import from_validation
from services.api.schemas.base import Schema, Shown


class Part(Schema):
    file_name: str


class Whole(Schema):
    subject: str
    reply_to: tuple[str, ...] = ()
    headers: dict[str, str] | None = None
    parts: tuple[Part, ...] = ()
    count: int = 0


class Thing(Shown):
    id: str
    nick_name: str | None = None


def refused(body: str) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as error:
        Whole.model_validate_json(body)
    return [(one.path, one.message) for one in from_validation(error.value).errors]


def test_names_are_camel_case_on_the_wire() -> None:
    whole = Whole.model_validate_json('{"subject": "a", "replyTo": ["b"]}')

    assert whole.reply_to == ("b",)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ('{"subject": "a\\u0000b"}', "subject"),
        ('{"subject": "a", "replyTo": ["b", "c\\u0000"]}', "replyTo[1]"),
        ('{"subject": "a", "headers": {"X-A": "\\u0000"}}', "headers.X-A"),
        ('{"subject": "a", "headers": {"X\\u0000": "b"}}', "headers"),
        (
            '{"subject": "a", "parts": [{"fileName": "b"}, {"fileName": "\\u0000"}]}',
            "parts[1].fileName",
        ),
    ],
)
def test_nul_is_refused_wherever_it_stands(body: str, path: str) -> None:
    words = "NUL characters and lone surrogates are not allowed"

    assert [(path, words)] == refused(body)


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(ValidationError):
        Whole(subject="\ud800")
    with pytest.raises(ValidationError):
        Whole.model_validate_json(b'{"subject": "\\ud800"}')


def test_text_of_every_language_passes() -> None:
    assert Whole(subject="Grüße 日本 🎉").subject == "Grüße 日本 🎉"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ('{"subject": 5}', "subject"),
        ('{"subject": null}', "subject"),
        ('{"subject": "a", "count": "5"}', "count"),
        ('{"subject": "a", "count": true}', "count"),
        ('{"subject": "a", "replyTo": "b"}', "replyTo"),
        ('{"subject": "a", "parts": [{"fileName": 1}]}', "parts[0].fileName"),
    ],
)
def test_a_wrong_type_is_refused_not_coerced(body: str, path: str) -> None:
    assert [path] == [place for place, _ in refused(body)]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ('{"subject": "a", "Subject": "b"}', "Subject"),
        ('{"subject": "a", "parts": [{"fileName": "b", "x": 1}]}', "parts[0].x"),
        ('{"subject": "a", "reply_to": ["b"]}', "reply_to"),  # Python's name, not the wire's
    ],
)
def test_an_unknown_field_is_refused_by_its_name(body: str, path: str) -> None:
    assert [(path, "Unknown field")] == refused(body)


def test_a_missing_field_is_named_as_on_the_wire() -> None:
    assert refused('{"subject": "a", "parts": [{}]}') == [("parts[0].fileName", "Field required")]


def test_a_list_with_a_wrong_item_is_not_also_called_too_short() -> None:
    class Few(Schema):
        names: Annotated[tuple[str, ...], Field(min_length=1)]

    with pytest.raises(ValidationError) as error:
        Few.model_validate_json('{"names": [5]}')

    assert [one.path for one in from_validation(error.value).errors] == ["names[0]"]


def test_a_member_that_may_be_absent_is_documented_as_never_null() -> None:
    schema: dict[str, Any] = Thing.model_json_schema(mode="serialization")

    assert schema["properties"]["nickName"] == {"type": "string", "title": "Nickname"}
    assert schema["required"] == ["id"]
    assert "additionalProperties" not in schema
