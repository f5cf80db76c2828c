"""`python -m deploy.manifests`: 0 if all that is deployed is as it should be, else what is not.

    deploy/k8s          built, then `kubernetes-validate --strict`, then the rules of ours
    docker-compose.yml  the rules of ours, and `docker compose config` where that is
    Dockerfile          hadolint

Where kubectl is on the PATH its own build has to be the same as ours.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import yaml

from deploy.manifests import compose, link_rules, pod_rules, schemas, secret_rules
from deploy.manifests.kustomize import Manifest, build, identity

ROOT: Final = Path(__file__).parents[2]
OVERLAYS: Final = ("local", "production")
Rule = Callable[[list[Manifest]], Iterator[str]]
RULES: Final[tuple[Rule, ...]] = (
    pod_rules.restricted,
    pod_rules.measured,
    pod_rules.probed,
    pod_rules.drained,
    pod_rules.spread,
    link_rules.selected,
    link_rules.known,
    link_rules.walled,
    link_rules.scaled,
    link_rules.watched,
    secret_rules.keyless,
    secret_rules.unseen,
    secret_rules.held,
)
REQUIRED: Final = (
    "POSTGRES_PASSWORD",
    "REDIS_PASSWORD",
    "GRAFANA_ADMIN_PASSWORD",
    "POSTROOM_SECRET_KEYS",
    "POSTROOM_FEEDBACK_QUEUE_URL",
    "POSTROOM_INBOUND_QUEUE_URL",
)
"""What docker-compose.yml asks for with `:?`."""


def overlay(name: str) -> Iterator[str]:
    """What is wrong with one overlay."""
    folder = ROOT / "deploy" / "k8s" / "overlays" / name
    manifests = build(folder)
    for sentence in (*schemas.wrong(manifests), *_broken(manifests), *_differs(folder, manifests)):
        yield f"overlay {name}: {sentence}"


def _broken(manifests: list[Manifest]) -> Iterator[str]:
    for rule in RULES:
        yield from rule(manifests)


def _differs(folder: Path, ours: list[Manifest]) -> Iterator[str]:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        return
    built = _run([kubectl, "kustomize", str(folder)])
    if built.returncode:
        yield f"kubectl kustomize: {built.stderr.strip()}"
        return
    theirs = {identity(one): one for one in yaml.safe_load_all(built.stdout)}
    mine = {identity(one): one for one in ours}
    for key in theirs.keys() | mine.keys():
        if theirs.get(key) != mine.get(key):
            yield f"{' '.join(key)}: kubectl kustomize makes something else of it"


def composition() -> Iterator[str]:
    """What is wrong with docker-compose.yml."""
    file = ROOT / "docker-compose.yml"
    for sentence in compose.wrong(compose.services(file)):
        yield f"docker-compose.yml: {sentence}"
    docker = shutil.which("docker")
    if docker is None or _run([docker, "compose", "version"]).returncode:
        return
    # Values of ours: a person's own .env must not decide what a check says.
    all_profiles = ["--profile", "local", "--profile", "monitoring"]
    files = ["--env-file", os.devnull, "-f", str(file)]
    argv = [docker, "compose", *files, *all_profiles, "config", "--quiet"]
    checked = _run(argv, dict.fromkeys(REQUIRED, "x"))
    if checked.returncode:
        yield f"docker compose config: {checked.stderr.strip()}"


def image() -> Iterator[str]:
    """What is wrong with the Dockerfile."""
    hadolint = Path(sys.executable).with_name("hadolint")
    checked = _run([str(hadolint), str(ROOT / "Dockerfile")])
    yield from (checked.stdout + checked.stderr).splitlines()


def _run(argv: list[str], more: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **(more or {})}
    return subprocess.run(  # noqa: S603 - tools, on files of ours
        argv, capture_output=True, text=True, check=False, env=env, timeout=60
    )


def main() -> int:
    """The exit code."""
    found = [*image(), *composition(), *(one for name in OVERLAYS for one in overlay(name))]
    for sentence in found:
        sys.stderr.write(f"{sentence}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
