"""Nothing is answered that is not documented, and no 5xx: schemathesis asks every operation."""

from collections.abc import Callable
from typing import Any, Final

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings as hypothesis_settings, strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.result import Ok

from tests.e2e.document import DOCUMENT
from tests.integration.api.serving import Organization

Case = schemathesis.Case[Any]

load_all_checks()
# That a domain is not verified, or that a URL points to a private network, no schema can say, so a
# request that fits the schema may be refused. To ask without a key, it leaves our header on.
# `PATCH .../messages/send` is not a wrong method: it is a change of the message `send`.
LEFT_OUT: Final[list[Any]] = [
    CHECKS.get_one(name)
    for name in ("positive_data_acceptance", "ignored_auth", "unsupported_method")
]
# It makes bad requests by parameters that no route knows, which we do not look at, too.
NOT_BAD: Final[list[Any]] = [CHECKS.get_one("negative_data_rejection")]

SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
# Not by schemathesis' own `parametrize`: its tests have one name for all operations, and xdist
# takes those for one test.
OPERATIONS = {
    found.ok().label: found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)
}
del OPERATIONS["GET /v1/events/stream"]  # the answer to a good request has no end

# Hypothesis sees that `random` was used while it drew: by the server, in its own thread.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module")

LONGEST: Final = 120
"""Seconds of a wait."""


def hurry(case: Case) -> None:
    """A good request that would only wait is answered at once: nobody sends here, and nothing
    arrives. What schemathesis has made wrong stays wrong.
    """
    case.headers.pop("Prefer", None)
    timeout = str((case.query or {}).get("timeout", LONGEST))
    if case.path.endswith("/wait") and timeout.isdecimal() and int(timeout) <= LONGEST:
        case.query = {**(case.query or {}), "timeout": 0}


def ask(label: str, question: Callable[[Case, bool], None]) -> None:
    """Good requests and bad ones, of one operation; the second half of a question is a coin."""
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    cases = st.one_of(*(OPERATIONS[label].as_strategy(generation_mode=one) for one in modes))
    often = hypothesis_settings(
        max_examples=24 if "{" in label else 15,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    often(given(cases, st.booleans())(question))()


@pytest.fixture
def real_ids(client: httpx.Client) -> dict[str, str]:
    """One of everything that has an id in a path."""
    inbox = client.post("/v1/inboxes", json={"name": "a"}).json()["id"]
    mail = {
        "to": ["success@simulator.amazonses.com"],
        "subject": "Hi",
        "text": "Hello",
        "attachments": [{"name": "a.txt", "content": "SGVsbG8="}],
    }
    message = client.post(f"/v1/inboxes/{inbox}/messages/send", json=mail).json()
    hook = {"url": "https://example.com/", "events": ["message.sent"]}
    return {
        "inboxId": inbox,
        "messageId": message["id"],
        "threadId": message["threadId"],
        "attachmentId": message["attachments"][0]["id"],
        "webhookId": client.post("/v1/webhooks", json=hook).json()["id"],
        "keyId": client.post("/v1/api_keys", json={"name": "b"}).json()["id"],
    }


@pytest.mark.parametrize("label", OPERATIONS)
def test_nothing_is_answered_that_is_not_documented(
    label: str, url: str, owner: Organization, real_ids: dict[str, str]
) -> None:
    """Of what exists, and of what does not."""

    def question(case: Case, is_heads: bool) -> None:
        exists = is_heads and "{" in label
        if exists:
            case.path_parameters = {name: real_ids[name] for name in case.path_parameters}
        hurry(case)
        may_be_bad = exists or case.method not in {"POST", "PATCH"}
        left_out = LEFT_OUT + NOT_BAD if may_be_bad else LEFT_OUT
        headers = {"authorization": f"Bearer {owner.key}"}
        case.call_and_validate(base_url=url, headers=headers, excluded_checks=left_out)

    ask(label, question)
