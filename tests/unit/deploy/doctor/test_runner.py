"""What is not looked at since something failed, and how findings are shown."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from common.settings import Settings
from deploy.doctor import __main__ as command, render, runner, subjects
from deploy.doctor.findings import UP, Finding, Subject, error, exit_status, ok, skipped, warning
from deploy.doctor.subjects import ALL, CODES, Part
from deploy.doctor.world import World

WORLD: Any = None
PAGE = Path(__file__).parents[4] / "docs" / "doctor.md"


def part(name: str, codes: str, *findings: Finding, needs: tuple[str, ...] = ()) -> Part:
    subject = Subject(name, dict.fromkeys(codes.split(), ""), needs)
    return Part(subject, lambda _: iter(findings))


def gravities(findings: list[Finding]) -> dict[str, str]:
    return {one.code: one.because or one.gravity for one in findings}


def test_what_comes_behind_a_failure_is_not_looked_at_and_says_so() -> None:
    broken = part("a", "one two three", ok("one", "."), error("two", ".", "mend"))
    behind = part("b", "four", ok("four", "."), needs=("two",))
    further = part("c", "five", ok("five", "."), needs=("four",))
    beside = part("d", "six", ok("six", "."), needs=("one",))

    found = gravities(runner.examine(WORLD, [broken, behind, further, beside]))

    assert found == {
        "one": "ok",
        "two": "error",
        "three": "two",
        "four": "two",
        "five": "two",
        "six": "ok",
    }


def test_who_hides_is_the_first_of_a_chain() -> None:
    broken = part("a", "one", error("one", ".", "mend"))
    behind = part("b", "two", needs=("one",))
    beside = part("c", "three", skipped("three", "two"))

    found = gravities(runner.examine(WORLD, [broken, behind, beside]))

    assert found == {"one": "error", "two": "one", "three": "one"}


def test_a_warning_hides_nothing() -> None:
    warned = part("a", "one", warning("one", ".", "mend"))
    behind = part("b", "two", ok("two", "."), needs=("one",))

    assert gravities(runner.examine(WORLD, [warned, behind])) == {"one": "warning", "two": "ok"}


def test_a_part_that_breaks_itself_is_said_and_the_others_go_on() -> None:
    def broken(_: Any) -> Iterator[Finding]:
        yield ok("one", ".")
        raise KeyError("hidden")

    parts = [Part(Subject("a", {"one": "", "two": "", "three": ""}), broken)]
    findings = runner.examine(WORLD, [*parts, part("b", "four", ok("four", "."))])

    assert gravities(findings) == {"one": "ok", "two": "error", "three": "two", "four": "ok"}
    assert "KeyError" in findings[1].says
    assert "hidden" not in findings[1].says


def test_only_one_code_brings_what_it_needs_and_what_hides_it() -> None:
    needed = {part.subject.name for part in subjects.needed(frozenset({"feedback_topic_policy"}))}
    findings = [error("a", ".", "m"), skipped("b", "a"), error("c", ".", "m")]

    assert {"environment", "account", "configuration set", "feedback topic"} <= needed
    assert "database" not in needed
    assert [one.code for one in runner.only(findings, frozenset({"b"}))] == ["a", "b"]


@pytest.mark.parametrize(
    ("findings", "status"),
    [
        ([], 0),
        ([ok("a", "."), skipped("b", "a")], 0),
        ([ok("a", "."), warning("b", ".", "m")], 1),
        ([error("a", ".", "m"), warning("b", ".", "m")], 2),
    ],
)
def test_the_exit_status_is_the_gravest(findings: list[Finding], status: int) -> None:
    assert exit_status(findings) == status
    assert json.loads(render.as_json(findings))["exitStatus"] == status


def test_a_person_reads_what_is_wrong_and_what_mends_it() -> None:
    text = render.as_text([ok("database", "Postgres 18.1 answers."), error("schema", "Old.", "do")])

    assert [line.split() for line in text.splitlines()] == [
        ["database"],
        ["ok", "database", "Postgres", "18.1", "answers."],
        ["ERROR", "schema", "Old."],
        ["->", "do"],
        ["Something", "is", "broken.", "(1", "ok,", "1", "error)"],
    ]


def test_a_command_that_mends_has_the_installations_own_names() -> None:
    settings = Settings(
        database_url="postgresql://x/x",
        redis_url="x",
        default_domain="mail.example.com",
        aws_region="eu-west-1",
    )
    world = World(settings, None, None)  # type: ignore[arg-type]

    [finding] = runner.named([error("identity", ".", UP)], world)

    assert finding.mend == ("python -m deploy.aws up --domain mail.example.com --region eu-west-1")


def test_codes_are_of_one_subject_each_and_needs_are_known_before() -> None:
    before: set[str] = set()
    for one in ALL:
        assert not before & one.subject.codes.keys()
        assert set(one.subject.needs) <= before
        before |= one.subject.codes.keys()


def test_an_unknown_code_is_refused() -> None:
    with pytest.raises(SystemExit) as refused:
        command.main(["--only", "nothing"])

    assert refused.value.code == 2


def test_without_settings_nothing_else_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("REDIS_URL", "redis://:hidden@localhost")

    assert command.main(["--json"]) == 2

    told = capsys.readouterr().out
    assert [one["code"] for one in json.loads(told)["findings"]] == ["settings"]
    assert "DATABASE_URL" in told
    assert "hidden" not in told


def test_the_page_has_each_code_with_what_is_looked_at() -> None:
    codes = PAGE.read_text().partition("## Codes")[2]
    rows = [line for line in codes.splitlines() if line.startswith("| `")]

    assert rows == [f"| `{code}` | {looks} |" for code, looks in CODES.items()]
