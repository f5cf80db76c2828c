import pytest
from hypothesis import given, strategies as st

from common import ids
from services.api.idempotency import Claimed, fingerprint, read_key, row
from services.api.problems import Problem

VISIBLE = st.characters(min_codepoint=0x21, max_codepoint=0x7E)


@given(st.text(VISIBLE, min_size=1, max_size=255).filter(lambda text: text[0] != '"'))
def test_any_visible_ascii_is_a_key(key: str) -> None:
    assert key == read_key(key)


@given(st.text(VISIBLE, min_size=1, max_size=255))
def test_the_quoted_form_of_the_draft_is_the_same_key(key: str) -> None:
    quoted = key.replace("\\", "\\\\").replace('"', '\\"')

    assert key == read_key(f'"{quoted}"')


@pytest.mark.parametrize("header", ["", '""', "a b", "\xe9", "x" * 256, '"' + "x" * 256 + '"'])
def test_other_keys_are_refused(header: str) -> None:
    with pytest.raises(Problem) as refused:
        read_key(header)

    assert (refused.value.status, refused.value.code) == (400, "invalid_idempotency_key")


def test_method_path_and_body_make_the_request() -> None:
    same = fingerprint("POST", "/v1/inboxes", b"{}")

    assert same == fingerprint("POST", "/v1/inboxes", b"{}")
    others = {
        fingerprint("PUT", "/v1/inboxes", b"{}"),
        fingerprint("POST", "/v1/webhooks", b"{}"),
        fingerprint("POST", "/v1/inboxes", b"{ }"),
        fingerprint("POST", "/v1/inboxes{", b"}"),
    }
    assert len(others - {same}) == 4


def test_an_answer_with_a_secret_is_kept_without_it() -> None:
    claimed = Claimed(ids.new(), "key", fingerprint("POST", "/v1/api_keys", b"{}"))
    sealed = claimed.sealed_with("pr_caller")

    assert b"secret" in row(claimed, 201, b"secret")["body"]
    assert b"secret" not in row(sealed, 201, b"secret")["body"]
    assert claimed.fingerprint != sealed.fingerprint
    assert "pr_caller" not in repr(sealed)
