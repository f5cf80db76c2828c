"""ids: typed, sortable, and nothing but what was encoded can be decoded."""

import string
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from common import ids

PREFIXES = [
    ids.ORGANIZATION,
    ids.API_KEY,
    ids.INBOX,
    ids.THREAD,
    ids.MESSAGE,
    ids.ATTACHMENT,
    ids.WEBHOOK,
    ids.EVENT,
    ids.DELIVERY,
    ids.ATTEMPT,
    ids.REQUEST,
]
LAST = UUID(int=2**128 - 1)
NONE_OF_OURS = [
    "",
    "msg",
    "msg_",
    "inbox_01h455vb4pex5vsknk084sn02q",
    "01h455vb4pex5vsknk084sn02q",
    "msg_01h455vb4pex5vsknk084sn02",
    "msg_01h455vb4pex5vsknk084sn02qq",
    "msg_01H455VB4PEX5VSKNK084SN02Q",
    "msg_81h455vb4pex5vsknk084sn02q",
    "msg_01h455vb4pex5vsknk084sn02u",
    "msg_01h455vb4pex5vsknk084sn02\u0661",
    "msg-01h455vb4pex5vsknk084sn02q",
    " msg_01h455vb4pex5vsknk084sn02q",
    "msg_01h455vb4pex5vsknk084sn02q\n",
]


def test_an_id_is_spelled_as_typeid_spells_it() -> None:
    """Examples of the specification: github.com/jetify-com/typeid, spec/valid.yml."""
    assert ids.encode("prefix", UUID("0110c853-1d09-52d8-d73e-1194e95b5f19")) == (
        "prefix_0123456789abcdefghjkmnpqrs"
    )
    assert ids.encode("prefix", UUID("01890a5d-ac96-774b-bcce-b302099a8057")) == (
        "prefix_01h455vb4pex5vsknk084sn02q"
    )
    assert ids.encode("x", LAST) == "x_7zzzzzzzzzzzzzzzzzzzzzzzzz"


@given(st.sampled_from(PREFIXES), st.uuids())
def test_what_is_encoded_is_decoded(prefix: str, uuid: UUID) -> None:
    assert ids.decode(prefix, ids.encode(prefix, uuid)) == uuid


@given(st.uuids(), st.uuids())
def test_ids_sort_as_their_uuids(one: UUID, other: UUID) -> None:
    assert (ids.encode("msg", one) < ids.encode("msg", other)) == (one < other)


@pytest.mark.parametrize("text", NONE_OF_OURS)
def test_no_other_spelling_is_an_id(text: str) -> None:
    with pytest.raises(ids.IdError):
        ids.decode("msg", text)


@given(st.text(st.sampled_from("msg_" + string.printable), max_size=40) | st.text())
def test_a_text_is_refused_or_is_the_one_spelling_of_its_id(text: str) -> None:
    try:
        uuid = ids.decode("msg", text)
    except ids.IdError:
        return
    assert ids.encode("msg", uuid) == text


@given(st.text(st.sampled_from("0123456789abcdefghjkmnpqrstvwxyz"), min_size=26, max_size=26))
def test_of_26_letters_each_is_one_id_or_none(letters: str) -> None:
    if letters[0] <= "7":
        assert ids.encode("msg", ids.decode("msg", f"msg_{letters}")) == f"msg_{letters}"
    else:
        with pytest.raises(ids.IdError):
            ids.decode("msg", f"msg_{letters}")


def test_new_ids_are_version_7_and_different() -> None:
    made = [ids.new() for _ in range(1000)]

    assert {(one.version, one.variant) for one in made} == {(7, "specified in RFC 4122")}
    assert len(set(made)) == 1000


def test_new_ids_sort_in_the_order_they_were_made() -> None:
    """To a quarter of a microsecond; what is made within one may change places."""
    made = [ids.new() for _ in range(10_000)]
    moments = [one.int >> 64 for one in made]

    assert moments == sorted(moments)


def test_a_range_of_ids_begins_with_its_moment() -> None:
    moment = 1_763_805_600.123
    first = ids.first_at(moment)

    assert first.int >> 80 == 1_763_805_600_123
    assert first.int % 2**80 == 0
    assert first < ids.new()
