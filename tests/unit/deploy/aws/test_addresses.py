import pytest
from hypothesis import given, strategies as st

from deploy.local.aws.errors import BadRequest
from deploy.local.aws.ses.addresses import bare


@pytest.mark.parametrize(
    ("mailbox", "address"),
    [
        ("ada@example.com", "ada@example.com"),
        ("  ada@example.com ", "ada@example.com"),
        ("Ada Lovelace <ada@example.com>", "ada@example.com"),
        ('"Lovelace, Ada" <ada@example.com>', "ada@example.com"),
        ("Ädä <bounce+Ä@example.com>".replace("+Ä", "+a"), "bounce+a@example.com"),
        ('"a b"@example.com', '"a b"@example.com'),
    ],
)
def test_the_envelope_takes_the_address_without_its_name(mailbox: str, address: str) -> None:
    assert bare(mailbox) == address


@pytest.mark.parametrize(
    ("mailbox", "words"),
    [
        ("", "Missing final '@domain'"),
        ("ada", "Missing final '@domain'"),
        ("ada lovelace", "Local address contains control or whitespace"),
        ("a da@example.com", "Local address contains control or whitespace"),
        ("ädä@example.com", "Local address contains control or whitespace"),
        ("@example.com", "Missing local name"),
        ("ada@", "Missing domain"),
        ("ada@exa mple.com", "Domain contains control or whitespace"),
        ("ada@exämple.com", "Domain contains control or whitespace"),
        ("ada@example.com,bob@example.com", "Domain contains illegal character"),
        ("a" * 320 + "@example.com", "Email address is longer than 320 characters."),
    ],
)
def test_other_addresses_are_refused_in_the_words_of_ses(mailbox: str, words: str) -> None:
    with pytest.raises(BadRequest) as refused:
        bare(mailbox)

    assert refused.value.message == words


@given(st.text())
def test_any_text_is_an_address_or_a_bad_request(text: str) -> None:
    try:
        address = bare(text)
    except BadRequest:
        return
    assert "@" in address
    assert "\n" not in address.rpartition("@")[2]
