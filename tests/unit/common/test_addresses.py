"""One address, read strictly."""

from email.headerregistry import AddressHeader, HeaderRegistry

import pytest
from hypothesis import example, given, strategies as st

from common.addresses import MAX_ADDRESS, Address, AddressError, is_wire_address, parse_address

WHOLE_LOCAL = "!#$%&'*+-/?=^_`{|}~.azAZ09"


@pytest.mark.parametrize(
    ("text", "email", "name"),
    [
        ("a@b.example", "a@b.example", ""),
        ("John.Doe+Tag@Mail.EXAMPLE.com", "John.Doe+Tag@mail.example.com", ""),
        ("Info@b.example", "Info@b.example", ""),
        (f"{WHOLE_LOCAL}@b.example", f"{WHOLE_LOCAL}@b.example", ""),
        ("a@b.test", "a@b.test", ""),
        ("a@xn--bcher-kva.example", "a@xn--bcher-kva.example", ""),
        ("a@Bücher.example", "a@xn--bcher-kva.example", ""),
        ("a@bücher.test", "a@xn--bcher-kva.test", ""),
        ("a@例え.jp", "a@xn--r8jz45g.jp", ""),
        ("a@b--c.example", "a@b--c.example", ""),
        ("<a@b.example>", "a@b.example", ""),
        ("Name <a@b.example>", "a@b.example", "Name"),
        ("Name<a@b.example>", "a@b.example", "Name"),
        ("John Q. Public  <a@b.example>", "a@b.example", "John Q. Public"),
        ("Zoë 😀 <a@b.example>", "a@b.example", "Zoë 😀"),
        ('"Name, Jr" <a@b.example>', "a@b.example", "Name, Jr"),
        ('"a \\"b\\" \\\\ <x@y.example>" <a@b.example>', "a@b.example", 'a "b" \\ <x@y.example>'),
        ('"" <a@b.example>', "a@b.example", ""),
        ("Jürgen <a@Bücher.Example>", "a@xn--bcher-kva.example", "Jürgen"),
    ],
)
def test_an_address_is_read_with_or_without_a_name(text: str, email: str, name: str) -> None:
    assert Address(email, name) == parse_address(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "missing"),
        ("a", "needs an @"),
        ("Name <a>", "needs an @"),
        ("a@b.example, c@d.example", "not a list"),
        ("a@b.example; c@d.example", "not a list"),
        ("Friends: a@b.example, c@d.example;", "not a list"),
        ("undisclosed-recipients:;", "needs an @"),
        ("a@b.example <c@d.example>", "double quotes"),
        ("<a@b.example> <c@d.example>", "double quotes"),
        ("Name, Jr <a@b.example>", "double quotes"),
        ("Name (comment) <a@b.example>", "double quotes"),
        ('"Name <a@b.example>', "double quotes"),
        ('"Na"me" <a@b.example>', "double quotes"),
        ("a@b.example>", "needs a <"),
        ("a@b.example (comment)", "invalid characters"),
        ("<a@b.example", "letters, digits"),
        ("Name < a@b.example >", "letters, digits"),
        (" a@b.example", "letters, digits"),
        ("a@b.example ", "invalid characters"),
        ("@b.example", "letters, digits"),
        ("a@", "something after"),
        ("a@@b.example", "letters, digits"),
        (".a@b.example", "letters, digits"),
        ("a.@b.example", "letters, digits"),
        ("a..b@c.example", "letters, digits"),
        ("a b@c.example", "letters, digits"),
        ('"a b"@c.example', "letters, digits"),
        ("ä@b.example", "letters, digits"),
        ("a@localhost", "should have a period"),
        ("a@test", "not a domain"),
        ("a@[127.0.0.1]", "not allowed here"),
        ("a@1.2.3.4", "top-level domain"),
        ("a@b..example", "two periods"),
        ("a@-b.example", "hyphen"),
        ("a@b-.example", "hyphen"),
        ("a@b_c.example", "invalid characters"),
        ("a@ab--c.example", "two dashes"),
        ("a@xn--\u00fc.example", "after the @"),
        ("a@" + "b" * 64 + ".example", "so many characters"),
        ("a" * 65 + "@b.example", "at most 64"),
        ("a@" + "b." * 130 + "example", "too long"),
        ("N" * MAX_ADDRESS + "<a@b.example>", "at most 320"),
        ("=?utf-8?q?x?= <a@b.example>", "Encoded words"),
        ("=?utf-8?q?x?=@b.example", "Encoded words"),
        ("=?x@b.example", "=[?]"),
        ("Name\r\nBcc: <a@b.example>", "Line breaks"),
        ("a@b.example\n", "Line breaks"),
        ("a\0@b.example", "control"),
        ("Na\tme <a@b.example>", "control"),
        ("Na\x7fme <a@b.example>", "control"),
        ("Na\u2028me <a@b.example>", "Line breaks"),
        ("Na\ud800me <a@b.example>", "control"),
        ("a@b\u202e.example", "unsafe"),
    ],
)
def test_everything_else_is_refused_with_a_short_reason(text: str, reason: str) -> None:
    with pytest.raises(AddressError, match=reason) as refusal:
        parse_address(text)

    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize(
    "piece", ["a", ".", "a.", "@", "<", ">", '"', "\\", "(", '"\\', "a@", "=?", "ü", "xn--"]
)
def test_hostile_lengths_are_refused_without_being_read(piece: str) -> None:
    """100,000 characters; a pattern that backtracks would not end before the test's time is up."""
    hostile = (piece * 100_000)[:100_000]

    for text in (hostile, f"{hostile}@b.example", f"a@{hostile}", f"{hostile} <a@b.example>"):
        for _ in range(100):
            with pytest.raises(AddressError):
                parse_address(text)


@given(st.text(alphabet='a.@<>"\\-,;()=?ü ', max_size=MAX_ADDRESS))
@example("xn--" + "9" * 59 + ".example")
def test_every_short_text_is_read_or_refused(text: str) -> None:
    try:
        address = parse_address(text)
    except AddressError:
        return

    assert is_wire_address(address.email)
    assert address.email.isascii()
    assert address.domain == address.domain.lower()


@given(st.text(st.characters(), min_size=1, max_size=100))
def test_an_address_reads_its_own_text_back(name: str) -> None:
    try:
        address = parse_address(f'"{name}" <A@b.example>')
    except AddressError:
        return

    assert address == parse_address(str(address))


@given(st.emails())
def test_the_addresses_of_a_generator_are_read_as_the_standard_library_reads_them(
    text: str,
) -> None:
    try:
        address = parse_address(text)
    except AddressError:
        return

    header = HeaderRegistry()("To", address.email)
    assert isinstance(header, AddressHeader)
    assert [address.email] == [each.addr_spec for each in header.addresses]
