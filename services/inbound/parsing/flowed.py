"""Text whose lines its writer's program has broken (RFC 3676), with the breaks taken out."""

from typing import Final

_SIGNATURE: Final = "-- "


def unflow(text: str, *, delete_space: bool) -> str:
    """`format=flowed`; `delete_space` for `delsp=yes`. Line ends are "\\n"."""
    finished: list[str] = []
    open_depth, paragraph = -1, ""
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        words = line[depth:].removeprefix(" ")
        flows = words.endswith(" ") and words != _SIGNATURE
        if open_depth != depth or words == _SIGNATURE:
            _finish(finished, open_depth, paragraph)
            paragraph = ""
        paragraph += words[:-1] if flows and delete_space else words
        open_depth = depth
        if not flows:
            _finish(finished, depth, paragraph)
            open_depth, paragraph = -1, ""
    _finish(finished, open_depth, paragraph)
    return "\n".join(finished)


def _finish(finished: list[str], depth: int, paragraph: str) -> None:
    if depth >= 0:
        mark = f"{'>' * depth} " if depth else ""
        finished.append(f"{mark}{paragraph}")
