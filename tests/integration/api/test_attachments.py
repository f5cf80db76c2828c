"""The bytes of an attachment."""

from base64 import b64encode

import httpx
import pytest

from tests.integration.api.mailing import Box, box, code

CONTENT = bytes(range(256))
FILE = {
    "name": 'Zürich "1".pdf',
    "contentType": "application/pdf",
    "content": b64encode(CONTENT).decode(),
}


@pytest.fixture
def shop(client: httpx.Client) -> Box:
    return box(client)


@pytest.fixture
def file(shop: Box) -> str:
    """The path of an attachment's bytes."""
    sent = shop.send(attachments=[FILE])
    return f"{shop.path}/messages/{sent['id']}/attachments/{sent['attachments'][0]['id']}"


def test_a_files_bytes_are_to_be_saved_and_never_run(shop: Box, file: str) -> None:
    response = shop.client.get(file)

    assert (response.status_code, response.content) == (200, CONTENT)
    assert response.headers["content-type"] == "application/pdf"
    assert response.headers["content-disposition"].startswith("attachment; filename*=UTF-8''Z%C3")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-security-policy"].startswith("sandbox;")
    assert response.headers["accept-ranges"] == "bytes"


def test_a_range_of_a_file_is_a_piece_of_it(shop: Box, file: str) -> None:
    response = shop.client.get(file, headers={"range": "bytes=10-19"})

    assert (response.status_code, response.content) == (206, CONTENT[10:20])
    assert response.headers["content-range"] == "bytes 10-19/256"
    last = shop.client.get(file, headers={"range": "bytes=-1"})
    assert last.content == CONTENT[-1:]


def test_a_range_outside_of_a_file_is_refused(shop: Box, file: str) -> None:
    response = shop.client.get(file, headers={"range": "bytes=256-"})

    assert code(response) == (416, "range_not_satisfiable")
    assert response.headers["content-range"] == "bytes */256"


def test_a_file_is_found_at_its_own_message_alone(shop: Box, file: str) -> None:
    other = shop.send()
    elsewhere = f"{shop.path}/messages/{other['id']}/attachments/{file.rpartition('/')[2]}"

    assert code(shop.client.get(elsewhere)) == (404, "attachment_not_found")
