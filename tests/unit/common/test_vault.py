"""Secrets at rest: what opens them, what does not, and that neither they nor the keys are shown."""

import base64
from uuid import UUID, uuid4

import pytest
from hypothesis import given, strategies as st

from common.settings import Settings
from common.vault import Vault, VaultError

KEY, NEWER, OTHER = (base64.b64encode(bytes([n] * 32)).decode() for n in (1, 2, 3))
OWNER = uuid4()
SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

vault = Vault.with_keys(f"2025:{KEY}")
rotated = Vault.with_keys(f"2026:{NEWER},2025:{KEY}")


def settings(keys: str | None, port: int = 8000) -> Settings:
    return Settings(
        database_url="postgresql://u:p@localhost/d",
        redis_url="redis://localhost",
        secret_keys=keys,
        port=port,
    )


@given(st.text(), st.uuids())
def test_what_was_sealed_opens_again(text: str, owner: UUID) -> None:
    assert vault.open(vault.seal(text, owner), owner) == text


def test_the_envelope_names_its_key_and_holds_nothing_readable() -> None:
    sealed = vault.seal(SECRET, OWNER)

    assert sealed.startswith("v1.2025.")
    body = base64.b64decode(sealed.removeprefix("v1.2025."), validate=True)
    assert len(body) == 12 + len(SECRET) + 16  # nonce, ciphertext, tag
    assert b"whsec_" not in body


def test_two_seals_of_one_text_differ() -> None:
    assert len({vault.seal(SECRET, OWNER) for _ in range(100)}) == 100


def test_what_was_copied_to_another_row_does_not_open_there() -> None:
    with pytest.raises(VaultError, match="another row's"):
        vault.open(vault.seal(SECRET, OWNER), uuid4())


def test_a_changed_byte_anywhere_is_noticed() -> None:
    version, key_id, text = vault.seal(SECRET, OWNER).split(".")
    body = base64.b64decode(text)
    for at in range(len(body)):
        changed = bytes([*body[:at], body[at] ^ 1, *body[at + 1 :]])
        with pytest.raises(VaultError, match="was changed"):
            vault.open(f"{version}.{key_id}.{base64.b64encode(changed).decode()}", OWNER)


@pytest.mark.parametrize("body", ["", "AAAA", "%%%", "é"])
def test_what_is_no_sealed_text_at_all_is_refused(body: str) -> None:
    with pytest.raises(VaultError, match="was changed"):
        vault.open(f"v1.2025.{body}", OWNER)


@pytest.mark.parametrize("sealed", ["", "v1", "v1.2024.AAAA", "v2.2025.AAAA", SECRET])
def test_what_none_of_the_keys_has_sealed_is_refused_without_being_quoted(sealed: str) -> None:
    with pytest.raises(VaultError, match="a key that POSTROOM_SECRET_KEYS lacks") as raised:
        vault.open(sealed, OWNER)

    assert not sealed or sealed not in str(raised.value)


def test_another_key_of_the_same_id_does_not_open() -> None:
    with pytest.raises(VaultError, match="was changed"):
        Vault.with_keys(f"2025:{OTHER}").open(vault.seal(SECRET, OWNER), OWNER)


def test_after_a_new_key_is_put_in_front_it_seals_and_the_old_one_still_opens() -> None:
    old, new = vault.seal(SECRET, OWNER), rotated.seal(SECRET, OWNER)

    assert rotated.open(old, OWNER) == rotated.open(new, OWNER) == SECRET
    assert (rotated.is_current(old), rotated.is_current(new)) == (False, True)
    assert Vault.with_keys(f"2026:{NEWER}").open(new, OWNER) == SECRET


def test_a_key_id_that_only_begins_alike_is_not_current() -> None:
    assert not Vault.with_keys(f"20:{KEY}").is_current(vault.seal(SECRET, OWNER))


def test_spaces_around_keys_do_not_matter() -> None:
    spaced = Vault.with_keys(f" 2026:{NEWER} , 2025:{KEY} ")

    assert spaced.open(vault.seal(SECRET, OWNER), OWNER) == SECRET


@pytest.mark.parametrize("keys", [None, ""])
def test_without_keys_there_is_no_vault(keys: str | None) -> None:
    with pytest.raises(VaultError, match="POSTROOM_SECRET_KEYS is needed"):
        Vault.of(settings(keys))


@pytest.mark.parametrize(
    "keys",
    [
        KEY,
        f":{KEY}",
        f"2025.1:{KEY}",
        f"{'x' * 33}:{KEY}",
        f"2025:{KEY[:-4]}",
        f"2025:{KEY}AAAA",
        f"2025:%{KEY}",
        f"2025:é{KEY}",
        "2025:",
        f"2025:{KEY},",
        f"2026:{NEWER},{KEY}",
    ],
)
def test_malformed_keys_are_an_error_that_does_not_show_them(keys: str) -> None:
    with pytest.raises(VaultError, match="is ID:BASE64") as raised:
        Vault.of(settings(keys))

    assert not any(key[:20] in str(raised.value) for key in (KEY, NEWER))
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


def test_one_id_for_two_keys_is_refused_as_one_of_them_would_open_nothing() -> None:
    with pytest.raises(VaultError, match="two keys of one id"):
        Vault.of(settings(f"2025:{KEY},2025:{NEWER}"))


def test_neither_a_vault_nor_settings_show_a_key() -> None:
    known = settings(f"2025:{KEY}")
    shown = [repr(known), str(known), repr(vault), str(vault), f"{Vault.of(known)}"]

    assert not any(KEY[:20] in one for one in shown)


def test_a_wrong_setting_beside_the_keys_does_not_show_them() -> None:
    with pytest.raises(ValueError, match="port") as raised:
        settings(f"2025:{KEY}", port=70000)

    assert KEY not in str(raised.value)
