"""The examination: each part in its order, and what is not looked at since something failed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from deploy.doctor.findings import UP, Finding, Gravity, Subject, error, skipped
from deploy.doctor.subjects import ALL, Part
from deploy.doctor.world import World

_HIDING: frozenset[Gravity] = frozenset({"error", "skipped"})


def examine(world: World, parts: Sequence[Part] = ALL) -> list[Finding]:
    """A finding for each code of the parts, in their order. Never raises for what it looks at."""
    found: dict[str, Finding] = {}
    for part in parts:
        found |= {one.code: one for one in _part(world, part, found)}
    return list(found.values())


def _part(world: World, part: Part, before: Mapping[str, Finding]) -> Iterator[Finding]:
    subject, told = part.subject, []
    if (hidden_by := _hidden_by(subject, before)) is None:
        told = list(_told(world, part))
        hidden_by = _last_trouble(told) or _root(before, subject.needs[-1:])
    by_code = {one.code: one for one in told}
    for code in subject.codes:
        yield _rooted(by_code.get(code) or skipped(code, hidden_by), before)


def _told(world: World, part: Part) -> Iterator[Finding]:
    """What the part says, up to where it breaks itself: that is no reason not to hear the rest."""
    told: set[str] = set()
    try:
        for finding in part.examine(world):
            told.add(finding.code)
            yield finding
    except Exception as failure:  # noqa: BLE001 - whatever it is, the other parts go on
        left = [code for code in part.subject.codes if code not in told]
        says = f"The doctor itself has failed here ({type(failure).__name__})."
        yield error(left[0] if left else part.subject.name, says, "Tell those who write Postroom.")


def _hidden_by(subject: Subject, before: Mapping[str, Finding]) -> str | None:
    for code in subject.needs:
        finding = before.get(code)
        if finding is not None and finding.gravity in _HIDING:
            return finding.because or code
    return None


def _rooted(finding: Finding, before: Mapping[str, Finding]) -> Finding:
    """What was itself not looked at hides nothing: what hid it does."""
    root = _root(before, [finding.because] if finding.because else [])
    return skipped(finding.code, root) if finding.because else finding


def _last_trouble(told: Sequence[Finding]) -> str | None:
    wrong = [one for one in told if one.gravity != "ok"]
    return (wrong or told)[-1].code if told else None


def _root(before: Mapping[str, Finding], codes: Sequence[str]) -> str:
    for code in codes:
        finding = before.get(code)
        return finding.because or code if finding else code
    return "settings"


def named(findings: Sequence[Finding], world: World) -> list[Finding]:
    """With this installation's names in the commands."""
    names = {"DOMAIN": world.domain or "DOMAIN", "REGION": world.settings.aws_region}
    up = UP
    for word, name in names.items():
        up = up.replace(word, name)
    return [replace(one, mend=one.mend.replace(UP, up)) for one in findings]


def only(findings: Sequence[Finding], codes: frozenset[str]) -> list[Finding]:
    """Those of the codes, and what hides one of them."""
    causes = {one.because for one in findings if one.code in codes}
    return [one for one in findings if one.code in codes | causes]
