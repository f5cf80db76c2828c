"""The receivers in the OpenAPI document and in the README are those that are tested."""

from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from services.api import webhook_document
from services.api.samples import PYTHON, TYPESCRIPT
from services.api.schemas.events import OF_TYPE

README = Path(__file__).parents[3] / "README.md"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    app = FastAPI(title="Postroom")
    webhook_document.describe(app)
    return get_openapi(
        title=app.title,
        version=app.version,
        routes=[],
        webhooks=app.webhooks.routes,
        tags=app.openapi_tags,
    )


def test_every_event_shows_how_it_is_verified(document: dict[str, Any]) -> None:
    shown = [hook["post"]["x-codeSamples"] for hook in document["webhooks"].values()]

    expected = [
        {"lang": "Python", "label": "FastAPI", "source": PYTHON.read_text()},
        {"lang": "TypeScript", "label": "Request and Response", "source": TYPESCRIPT.read_text()},
    ]
    assert shown == [expected] * len(OF_TYPE)


def test_their_tag_tells_it_to_who_reads_no_extensions(document: dict[str, Any]) -> None:
    (tag,) = document["tags"]

    assert tag["name"] == "webhook events"
    assert f"```python\n{PYTHON.read_text()}```" in tag["description"]
    assert f"```ts\n{TYPESCRIPT.read_text()}```" in tag["description"]


def test_the_readme_shows_the_same_receivers() -> None:
    readme = README.read_text()

    assert f"```python\n{PYTHON.read_text()}```" in readme
    assert f"```ts\n{TYPESCRIPT.read_text()}```" in readme
