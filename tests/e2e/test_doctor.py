"""The doctor of the local system: all is well, and its probe comes back."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from deploy.local.state import ROOT
from tests.e2e.local import MAKE, Local


def doctor(folder: Path, flags: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [*MAKE, "doctor", f"DOCTOR={flags}"],
        cwd=ROOT,
        env={**os.environ, "POSTROOM_STATE_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


OF_THE_TESTS = {"redis_persistence"}
"""Their Redis writes to no disk; that of `make run` does."""
OF_OTHERS = {"sender", "webhooks", "organizations", "feedback_dead_letters", "inbound_dead_letters"}
"""What other tests may have left in this system."""


def test_everything_is_well(local: Local) -> None:
    answer = doctor(local.state.folder, "--json")

    findings: dict[str, Any] = {one["code"]: one for one in json.loads(answer.stdout)["findings"]}
    wrong = {one["code"] for one in findings.values() if one["gravity"] != "ok"}
    assert wrong - OF_OTHERS == OF_THE_TESTS, answer.stdout
    assert "the status worker has stored it" in findings["probe_feedback"]["says"]
    for secret in (local.api_key, local.database_url, local.redis_url):
        assert secret not in answer.stdout


def test_without_a_system_it_says_what_to_do(tmp_path: Path) -> None:
    answer = doctor(tmp_path, "")

    assert answer.returncode != 0
    assert "start one with `make run`" in answer.stderr
