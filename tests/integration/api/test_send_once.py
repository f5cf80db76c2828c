"""Sending with an Idempotency-Key, and with a preference to wait."""

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import sqlalchemy as sa

from tests.integration.api.mailing import Box, box, code, count, mail
from tests.waiting import eventually


@pytest.fixture
def shop(client: httpx.Client) -> Box:
    return box(client, email="shop@mail.test", name="The Shop")


def test_waiting_ends_when_the_message_has_left_the_queue(shop: Box, engine: sa.Engine) -> None:
    def be_sent() -> None:
        eventually(lambda: count(engine, "message"))
        with engine.begin() as connection:
            connection.execute(
                sa.text("UPDATE message SET status = 'sent', external_message_id = '0100-1'")
            )

    sender = threading.Thread(target=be_sent)
    sender.start()

    response = shop.post(mail(), prefer="respond-async, wait=20", idempotency_key="a")
    sender.join()

    assert response.headers["preference-applied"] == "wait=20"
    assert (response.json()["status"], response.json()["externalMessageId"]) == ("sent", "0100-1")
    assert shop.post(mail(), idempotency_key="a").content == response.content


def test_waiting_ends_with_the_time(shop: Box) -> None:
    response = shop.post(mail(), prefer="wait=1")

    assert (response.status_code, response.json()["status"]) == (202, "queued")
    assert response.headers["preference-applied"] == "wait=1"


@pytest.mark.parametrize("preference", ["wait=", "wait=-1", "wait=x", "await=5", "wait=0", "x"])
def test_what_cannot_be_preferred_is_not(shop: Box, preference: str) -> None:
    response = shop.post(mail(), prefer=preference)

    assert response.status_code == 202
    assert "preference-applied" not in response.headers


def test_a_key_gives_the_first_answer_again_byte_for_byte(shop: Box, engine: sa.Engine) -> None:
    first = shop.post(mail(), idempotency_key="a")

    again = shop.post(mail(), idempotency_key="a")

    assert (again.status_code, again.content) == (202, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert count(engine, "message") == 1


def test_a_key_of_another_body_or_inbox_is_refused(shop: Box, engine: sa.Engine) -> None:
    shop.post(mail(), idempotency_key="a")

    other_body = shop.post(mail(text="Other"), idempotency_key="a")
    other_inbox = box(shop.client).post(mail(), idempotency_key="a")

    assert code(other_body) == code(other_inbox) == (422, "idempotency_key_reused")
    assert count(engine, "message") == 1


def test_one_key_two_hundred_times_at_once_is_one_message(shop: Box, engine: sa.Engine) -> None:
    """Half of them with another body: these learn that the key is another request's."""
    bodies = [mail(), mail(text="Other")] * 100
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda body: shop.post(body, idempotency_key="a"), bodies))

    halves = [answers[0::2], answers[1::2]]
    told, refused = halves if halves[0][0].status_code == 202 else halves[::-1]
    assert {(one.status_code, one.content) for one in told} == {(202, told[0].content)}
    assert sum("idempotent-replayed" not in one.headers for one in told) == 1
    assert {code(one) for one in refused} == {(422, "idempotency_key_reused")}
    assert count(engine, "message") == 1


def test_a_reply_with_a_key_is_one_too(shop: Box, engine: sa.Engine) -> None:
    sent = shop.send()["id"]
    path, key = f"{shop.path}/messages/{sent}/reply", {"idempotency-key": "a"}

    first, again = (shop.client.post(path, json={"text": "x"}, headers=key) for _ in range(2))
    other = shop.client.post(path, json={"text": "y"}, headers=key)

    assert (first.status_code, again.status_code) == (202, 202)
    assert again.content == first.content
    assert again.headers["content-type"] == first.headers["content-type"]
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["ratelimit-remaining"] == first.headers["ratelimit-remaining"]
    assert code(other) == (422, "idempotency_key_reused")
    assert count(engine, "message") == 2


def test_a_key_is_forgotten_after_a_day(shop: Box, engine: sa.Engine) -> None:
    first = shop.post(mail(), idempotency_key="a").json()
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE idempotency SET created_at = created_at - interval '25 hours'")
        )

    second = shop.post(mail(text="Other"), idempotency_key="a")

    assert second.status_code == 202
    assert second.json()["id"] != first["id"]
    assert shop.post(mail(text="Other"), idempotency_key="a").content == second.content


def test_a_replay_outlives_the_inbox(shop: Box) -> None:
    first = shop.post(mail(), idempotency_key="a")
    shop.client.delete(shop.path)

    assert shop.post(mail(), idempotency_key="a").content == first.content


def test_a_refused_request_leaves_its_key_free(shop: Box) -> None:
    assert shop.post(mail(to=["nobody"]), idempotency_key="a").status_code == 422

    assert shop.post(mail(), idempotency_key="a").status_code == 202
