"""What we sign, the official libraries take; what they sign, we sign alike. Both, in each test."""

import base64
from time import time

import pytest

from services.webhooks.signing import headers, sign
from tests.contract.libraries import Library, Verdict

SECRET, OTHER, THIRD = (f"whsec_{base64.b64encode(bytes([n] * 32)).decode()}" for n in (1, 2, 3))
EVENT = {"id": "evt_1", "event": "message.sent", "payload": {"subject": "Grüße, 日本 🎉"}}
BODY = '{"id":"evt_1","event":"message.sent","payload":{"subject":"Grüße, 日本 🎉"}}'.encode()
REFUSED = Verdict(refused="No matching signature found")


def signed(*secrets: str, age: int = 0) -> dict[str, str]:
    return headers(secrets or (SECRET,), "evt_1", int(time()) - age, BODY)


def test_a_call_of_ours_is_accepted(library: Library) -> None:
    assert library.verify(SECRET, BODY, signed()) == Verdict(EVENT)


@pytest.mark.parametrize("size", [24, 64])
def test_the_shortest_and_the_longest_secret_serve(library: Library, size: int) -> None:
    secret = "whsec_" + base64.b64encode(bytes(range(size))).decode()

    assert library.verify(secret, BODY, signed(secret)) == Verdict(EVENT)


def test_headers_in_any_case_are_accepted(library: Library) -> None:
    shouted = {name.title(): value for name, value in signed().items()}

    assert library.verify(SECRET, BODY, shouted) == Verdict(EVENT)


@pytest.mark.parametrize("body", [BODY.replace(b"sent", b"lost"), BODY + b" ", b"{}", b""])
def test_a_tampered_body_is_refused(library: Library, body: bytes) -> None:
    assert library.verify(SECRET, body, signed()) == REFUSED


def test_another_id_is_refused(library: Library) -> None:
    assert library.verify(SECRET, BODY, signed() | {"webhook-id": "evt_2"}) == REFUSED


def test_another_timestamp_is_refused(library: Library) -> None:
    earlier = str(int(time()) - 10)

    assert library.verify(SECRET, BODY, signed() | {"webhook-timestamp": earlier}) == REFUSED


@pytest.mark.parametrize("age", [-290, 290])
def test_clocks_may_differ_by_almost_five_minutes(library: Library, age: int) -> None:
    assert library.verify(SECRET, BODY, signed(age=age)) == Verdict(EVENT)


@pytest.mark.parametrize(("age", "why"), [(310, "too old"), (-310, "too new")])
def test_a_call_of_more_than_five_minutes_ago_or_ahead_is_refused(
    library: Library, age: int, why: str
) -> None:
    verdict = library.verify(SECRET, BODY, signed(age=age))

    assert verdict == Verdict(refused=f"Message timestamp {why}")


@pytest.mark.parametrize("knows", [SECRET, OTHER], ids=["the new secret", "the old secret"])
def test_during_a_rotation_a_receiver_with_either_secret_accepts(
    library: Library, knows: str
) -> None:
    assert library.verify(knows, BODY, signed(SECRET, OTHER)) == Verdict(EVENT)


def test_a_receiver_with_a_third_secret_refuses(library: Library) -> None:
    assert library.verify(THIRD, BODY, signed(SECRET, OTHER)) == REFUSED


def test_after_a_rotation_a_receiver_with_the_old_secret_refuses(library: Library) -> None:
    assert library.verify(OTHER, BODY, signed(SECRET)) == REFUSED


@pytest.mark.parametrize(
    "malformed",
    ["garbage", "v1", "v1,", ",", " ", "v1,AAAA", "v1,%%%", "v1,é", "v1,a,b", "v1 {good}x"],
)
def test_a_malformed_signature_is_refused(library: Library, malformed: str) -> None:
    head = signed()
    head["webhook-signature"] = malformed.format(good=head["webhook-signature"])

    assert library.verify(SECRET, BODY, head) == REFUSED


@pytest.mark.parametrize("version", ["v0", "v2", "v1a", "V1", ""])
def test_a_signature_of_an_unknown_version_counts_for_nothing(
    library: Library, version: str
) -> None:
    head = signed()
    good = head["webhook-signature"]
    head["webhook-signature"] = good.replace("v1,", f"{version},")

    assert library.verify(SECRET, BODY, head) == REFUSED

    head["webhook-signature"] += f" {good}"
    assert library.verify(SECRET, BODY, head) == Verdict(EVENT)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_header_that_is_empty_or_missing_is_refused(library: Library, name: str) -> None:
    empty = signed() | {name: ""}
    missing = {one: value for one, value in signed().items() if one != name}

    verdicts = [library.verify(SECRET, BODY, head) for head in (empty, missing)]
    assert verdicts == [Verdict(refused="Missing required headers")] * 2


def test_a_timestamp_that_is_no_number_is_refused(library: Library) -> None:
    verdict = library.verify(SECRET, BODY, signed() | {"webhook-timestamp": "soon"})

    assert verdict == Verdict(refused="Invalid Signature Headers")


@pytest.mark.parametrize("body", ["", "{}", BODY.decode(), "\x00\r\n\u2028"])
@pytest.mark.parametrize("timestamp", [0, 1, 1_795_000_000, 2**33])
def test_the_library_signs_as_we_sign(library: Library, body: str, timestamp: int) -> None:
    ours = sign([SECRET], "evt_1", timestamp, body.encode())

    assert library.sign(SECRET, "evt_1", timestamp, body) == ours
