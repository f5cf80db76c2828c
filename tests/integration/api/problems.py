"""What every answer that is an error must be (contract.md, "Conventions")."""

from typing import Any

import httpx

from services.api.schemas.problems import ProblemShown


def problem_of(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    ProblemShown.model_validate(problem)
    assert problem["status"] == status
    assert problem["code"] == code
    assert problem["error"] == problem["detail"]
    assert problem["instance"] == response.request.url.raw_path.decode().partition("?")[0]
    assert problem["requestId"] == response.headers["x-request-id"]
    return problem
