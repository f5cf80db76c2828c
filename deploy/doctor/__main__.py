"""`python -m deploy.doctor [--json] [--no-probe] [--only CODE ...]`, with the services' settings.

Exit 0: all is well; 1: warnings; 2: something is broken, or an argument makes no sense.
"""

import argparse
import sys
from collections.abc import Sequence

from pydantic import ValidationError

from common import db
from common.settings import Settings
from deploy.doctor import database, environment, probe, render, runner, subjects
from deploy.doctor.asking import Ask
from deploy.doctor.findings import Finding, exit_status
from deploy.doctor.nameserver import Dns, Server
from deploy.doctor.subjects import Part
from deploy.doctor.world import World

_PROBE_SECONDS = 30.0


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code."""
    flags = _flags(arguments)
    findings = _examined(_parts(flags), flags)
    if flags.only:
        findings = runner.only(findings, frozenset(flags.only))
    show = render.as_json if flags.json else render.as_text
    sys.stdout.write(show(findings) + "\n")
    return exit_status(findings)


def _flags(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.doctor", description=__doc__)
    parser.add_argument("--json", action="store_true", help="for a program to read")
    parser.add_argument("--no-probe", action="store_true", help="send no mail")
    words = "how long the probe's feedback may take"
    parser.add_argument("--probe-seconds", type=float, default=_PROBE_SECONDS, help=words)
    words = "ask this name server (ADDRESS or ADDRESS#PORT), not those of this machine"
    parser.add_argument("--nameserver", type=Server.of, metavar="ADDRESS", help=words)
    words = "only this, and what hides it; may be repeated"
    parser.add_argument(
        "--only", action="append", default=[], metavar="CODE", choices=subjects.CODES, help=words
    )
    return parser.parse_args(arguments)


def _parts(flags: argparse.Namespace) -> Sequence[Part]:
    parts = subjects.needed(frozenset(flags.only)) if flags.only else subjects.ALL
    return [part for part in parts if not (flags.no_probe and part.subject is probe.SUBJECT)]


def _examined(parts: Sequence[Part], flags: argparse.Namespace) -> list[Finding]:
    try:
        settings = Settings()
    except ValidationError as wrong:
        return [environment.unreadable(wrong)]
    engine = db.make_engine(settings, pool_size=1, patience=database.PATIENCE)
    ask = Ask(settings)
    try:
        world = World(settings, engine, ask, flags.probe_seconds)
        if flags.nameserver or not settings.aws_url:  # no DNS leads to a double of AWS
            world.dns = Dns(flags.nameserver)
        return runner.named(runner.examine(world, parts), world)
    finally:
        ask.close()
        engine.dispose()


if __name__ == "__main__":
    sys.exit(main())
