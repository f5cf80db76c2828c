"""AWS gives back in other words what it was told."""

import pytest

from deploy.aws.comparison import differing, same


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ({"Action": ["s3:PutObject"]}, {"Action": "s3:PutObject"}),
        (["BOUNCE", "SEND"], ["SEND", "BOUNCE"]),
        ({"maxReceiveCount": 15}, '{"maxReceiveCount": "15"}'),
        ('{"a": [1, 2]}', '{"a":[2,1]}'),
        (True, "true"),
    ],
)
def test_the_same_in_other_words(told: object, shown: object) -> None:
    assert same(told, shown)
    assert same(shown, told)


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ({"Action": ["s3:PutObject"]}, {"Action": ["s3:PutObject", "s3:GetObject"]}),
        (["SEND", "BOUNCE"], ["SEND"]),
        (["SEND"], None),
        ({"a": 1}, {"a": 1, "b": 2}),
        (15, "16"),
        ("{no JSON", {}),
        (True, "false"),
    ],
)
def test_not_the_same(told: object, shown: object) -> None:
    assert not same(told, shown)


def test_what_is_shown_besides_does_not_matter() -> None:
    assert differing({"a": 1, "b": 2}, {"a": "1", "b": 3, "c": 4}) == ("b",)
