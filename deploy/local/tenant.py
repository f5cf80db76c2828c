"""The organization that local mode works for: the last run's, or a new one."""

import json
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import httpx

from deploy.local.errors import StepFailedError
from deploy.local.state import ROOT, State, read_env
from deploy.local.supervisor import Supervisor

NAME: Final = "local"


@dataclass(frozen=True, slots=True)
class Tenant:
    organization_id: str
    api_key: str


def client(url: str, api_key: str) -> httpx.Client:
    headers = {"Authorization": f"Bearer {api_key}"}
    # Proxies of the environment are for the internet, and this never leaves the machine.
    return httpx.Client(base_url=url, headers=headers, timeout=10, trust_env=False)


def last(state: State, url: str) -> Tenant | None:
    """The last run's, if its key still opens this API: the database may be another one by now."""
    for file in (state.env_file, state.last_env_file):
        known = read_env(file)
        if not known.keys() >= {"POSTROOM_API_KEY", "POSTROOM_ORGANIZATION_ID"}:
            continue
        tenant = Tenant(known["POSTROOM_ORGANIZATION_ID"], known["POSTROOM_API_KEY"])
        with client(url, tenant.api_key) as api, suppress(httpx.HTTPError):
            if api.get("/v1/inboxes").is_success:
                return tenant
    return None


def make(env: Mapping[str, str], supervisor: Supervisor) -> Tenant:
    """Not by a child with a log: what this program prints is a key."""
    argv = [sys.executable, "-m", "deploy.organization", "--name", NAME]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdout=pipe, stderr=pipe, cwd=ROOT, env=env) as process:
        supervisor.wait("an organization is made", lambda: process.poll() is not None)
        output, complaint = process.communicate()
    if process.returncode:
        raise StepFailedError(f"deploy.organization failed:\n{complaint.decode()[-1000:]}")
    made = json.loads(output)
    return Tenant(made["organizationId"], made["apiKey"])
