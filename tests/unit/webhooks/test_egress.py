"""Where a webhook may go, by the look of its URL and by the address."""

from contextlib import suppress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import given, strategies as st

from services.webhooks.egress import Forbidden, check_address, check_url
from services.webhooks.forbidden import NETWORKS
from tests.unit.webhooks.addresses import PRIVATE, PUBLIC, each


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_reached(address: str) -> None:
    check_address(address)
    check_address(ip_address(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_forbidden(address: str) -> None:
    with pytest.raises(Forbidden):
        check_address(address)


@pytest.mark.parametrize(
    "address", ["", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "[::1]", "1.1.1.1/32"]
)
def test_what_is_not_an_address_is_forbidden(address: str) -> None:
    with pytest.raises(Forbidden):
        check_address(address)


def test_a_mapped_address_is_judged_by_the_address_in_it() -> None:
    check_address("::ffff:1.1.1.1")


@pytest.mark.parametrize(("network", "reason"), NETWORKS)
def test_the_first_and_the_last_of_each_network_is_forbidden(
    network: IPv4Network | IPv6Network, reason: str
) -> None:
    assert reason
    for address in (network[0], network[-1]):
        with pytest.raises(Forbidden):
            check_address(address)


@given(st.ip_addresses())
def test_what_may_be_reached_is_global_unicast(address: IPv4Address | IPv6Address) -> None:
    try:
        check_address(address)
    except Forbidden:
        return

    assert address.is_global
    assert not address.is_multicast
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        assert address in IPv6Network("2000::/3")


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_inside_an_ipv6_address_gets_no_further_than_by_itself(
    inner: IPv4Address,
) -> None:
    wrapped = [
        f"::{inner}",
        f"::ffff:0:{inner}",
        f"64:ff9b::{inner}",
        f"64:ff9b:1::{inner}",
        str(IPv6Address((0x2002 << 112) | (int(inner) << 80) | 1)),
        str(IPv6Address((0x20010000 << 96) | (int(inner) << 64) | 1)),
    ]
    for address in wrapped:
        with pytest.raises(Forbidden):
            check_address(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "https://example.com:443/hook?a=b&c=%20",
        "https://hooks.example.com:8443/",
        "HTTPS://EXAMPLE.COM/Path",
        "https://bücher.example/ü",
        "https://a_b-c.example.co.uk/",
        "https://1.example.com/@user",
    ],
)
def test_an_https_url_of_a_public_name_may_be_a_webhook(url: str) -> None:
    check_url(url, allow_private=False)


LITERALS = each("""
127.0.0.1 2130706433 0x7f.1 0x7f000001 0177.0.0.1 127.1 0 0x 017700000001 1.1.1.1 1.1.1.1.
[::1] [::ffff:127.0.0.1] [::127.0.0.1] [fe80::1%25eth0] [64:ff9b::7f00:1] 127。0。0。1 foo.0x7f
""")


@pytest.mark.parametrize("host", LITERALS)
def test_an_address_in_place_of_a_name_is_forbidden_in_every_spelling(host: str) -> None:
    with pytest.raises(Forbidden, match=r"IP address|not valid"):
        check_url(f"https://{host}/", allow_private=False)


ODDITIES = each("""
http://example.com ftp://example.com file:///etc/passwd gopher://example.com //example.com
https: https:/// https:example.com example.com https://user@example.com https://[::1 https://[]
https://user:pw@example.com https://example.com@127.0.0.1 https://example.com\\@127.0.0.1
https://example.com#a https://example.com/# https://example.com:0 https://example.com:22
https://example.com:80 https://example.com:65536 https://example.com:x https://localhost
https://postgres https://redis.local https://a.internal https://1.in-addr.arpa https://nas.lan
https://-a.com https://a-.com https://a..com https://example.com. https://a%2ecom https://a*b.com
https://\uff11\uff12\uff17.0.0.1 https://①②⑦.0.0.1
""")


@pytest.mark.parametrize(
    "url",
    [
        *ODDITIES,
        "",
        "https://example.com/a b",
        "https://example.com/\n",
        "\thttps://example.com",
        "https://example.com/\x00",
        "https://exam\u200bple.com/",
        "https://example.com/" + "a" * 2029,
        "https://" + "a" * 64 + ".com",
        "https://" + "a." * 130 + "com",
    ],
)
def test_a_url_that_is_no_webhook_is_forbidden_with_a_sentence(url: str) -> None:
    with pytest.raises(Forbidden, match=r"^The .+\.$"):
        check_url(url, allow_private=False)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:8000/", "http://localhost/", "http://[::1]:1/", "https://receiver:65535/"],
)
def test_the_local_mode_may_call_anything_over_http(url: str) -> None:
    check_url(url, allow_private=True)


@pytest.mark.parametrize(
    "url",
    ["ftp://a/", "http://a:0/", "http://a:65536/", "http://u:p@a/", "http:///", "http://a b/"],
)
def test_the_local_mode_takes_no_nonsense(url: str) -> None:
    with pytest.raises(Forbidden):
        check_url(url, allow_private=True)


@given(st.text() | st.from_regex(r"https?://[^/]*(/.*)?"), st.booleans())
def test_whatever_is_typed_is_a_webhook_or_forbidden(url: str, allow_private: bool) -> None:
    with suppress(Forbidden):
        check_url(url, allow_private)
