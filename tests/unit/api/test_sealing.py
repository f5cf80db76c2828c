from hypothesis import given, strategies as st

from services.api import keys
from services.api.sealing import seal, unseal

KEY = keys.generate()


@given(st.binary(max_size=500))
def test_what_was_sealed_is_read_with_the_same_key(text: bytes) -> None:
    assert text == unseal(KEY, seal(KEY, text))


def test_nothing_of_it_is_read_without_the_key() -> None:
    sealed = seal(KEY, b'{"key":"pr_secret"}')

    assert b"secret" not in sealed
    assert b"secret" not in unseal(keys.generate(), sealed)


def test_the_same_text_is_never_sealed_alike() -> None:
    assert seal(KEY, b"again") != seal(KEY, b"again")


def test_without_a_key_nothing_is_sealed() -> None:
    assert b"open" == seal("", b"open") == unseal("", b"open")
