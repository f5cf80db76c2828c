import base64

import pytest

from services.api import endpoint
from services.webhooks import egress

GOOD = [
    "https://example.com",
    "https://example.com/hooks?a=b&c=%20d",
    "https://example.com:8443/",
    "https://EXAMPLE.com/Hooks",
    "https://xn--bcher-kva.example/hook",
    "https://_dmarc.example.com/",
]
BAD = [
    "",
    "example.com/hook",
    "ftp://example.com/",
    "http://example.com/",
    "https://",
    "https:///path",
    "https://user:password@example.com/",
    "https://@example.com/",
    "https://example.com/#part",
    "https://example.com/a b",
    "https://example.com/\r\nX: y",
    "https://example.com\\@evil.example/",
    "https://exa\tmple.com/",
    "https://b\u00fccher.example/",
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://10.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[not-an-address]/",
    "https://localhost/",
    "https://api.localhost/",
    "https://printer.local/",
    "https://redis.internal/",
    "https://intranet/",
    "https://example.com.",
    "https://-example.com/",
    "https://example..com/",
    "https://example.com:0/",
    "https://example.com:22/",
    "https://example.com:99999/",
    "https://example.com:x/",
    "https://example.com/" + "a" * 2048,
]
PRIVATE = ["http://127.0.0.1:9000/hook", "http://localhost/", "https://[::1]:8080/", "http://a/"]


@pytest.mark.parametrize("url", GOOD)
def test_an_https_url_of_the_public_internet_is_an_endpoint(url: str) -> None:
    assert url == endpoint.check(url, allow_private=False)


@pytest.mark.parametrize("url", BAD + PRIVATE)
def test_another_url_is_refused_at_the_door(url: str) -> None:
    with pytest.raises(endpoint.EndpointError):
        endpoint.check(url, allow_private=False)


@pytest.mark.parametrize("url", GOOD + PRIVATE)
def test_local_mode_allows_http_and_private_hosts(url: str) -> None:
    assert url == endpoint.check(url, allow_private=True)


@pytest.mark.parametrize("url", GOOD + BAD + PRIVATE)
@pytest.mark.parametrize("allow_private", [True, False])
def test_nothing_passes_the_door_that_the_worker_refuses(url: str, allow_private: bool) -> None:
    try:
        endpoint.check(url, allow_private=allow_private)
    except endpoint.EndpointError:
        return

    egress.check_url(url, allow_private)


def test_a_secret_is_one_of_standard_webhooks() -> None:
    secret = endpoint.new_secret()

    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert secret != endpoint.new_secret()
