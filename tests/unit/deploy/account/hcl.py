"""As much of Terraform as it takes to read our own: blocks, names that are put into texts, and
policy documents.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import hcl2

_ADDRESS: Final = r"(?:var|local|module|data|each|aws_[a-z0-9_]+)(?:\.[A-Za-z0-9_]+)+"
_IN_TEXT: Final = re.compile(rf"\$\{{({_ADDRESS})\}}")
_DEFAULT: Final = re.compile(r'\$\{var\.[a-z_]+ == "" \? (.+) : var\.[a-z_]+\}')
_AFTER: Final = re.compile(rf'\$\{{element\(split\("([^"]+)", ({_ADDRESS})\), 1\)\}}')
_WHERE: Final = re.compile(
    rf'\$\{{\{{for (\w+), (\w+) in ({_ADDRESS}) : \1 => \2 if ({_ADDRESS}) != ""\}}\}}'
)
_JSON: Final = re.compile(r"\$\{jsonencode\((.+)\)\}", re.DOTALL)

Block = Mapping[str, Any]


@dataclass(frozen=True)
class Module:
    """A folder. `known`: what the addresses in it stand for."""

    blocks: Mapping[str, list[Block]]
    known: dict[str, Any]

    def value(self, said: Any) -> Any:
        """A value as Terraform would have it. KeyError for an address that is not known."""
        if isinstance(said, list):
            return [self.value(one) for one in said]
        if isinstance(said, Mapping):
            return {name: self.value(one) for name, one in said.items()}
        return self._text(said) if isinstance(said, str) else said

    def _text(self, said: str) -> Any:
        if whole := _IN_TEXT.fullmatch(said):
            return self.known[whole[1]]
        if default := _DEFAULT.fullmatch(said):
            return self.value(default[1] if default[1].startswith('"') else f"${{{default[1]}}}")
        if encoded := _JSON.fullmatch(said):
            return self._json(encoded[1])
        if after := _AFTER.fullmatch(said):
            parts = self.known[after[2]].split(after[1])
            return parts[1 % len(parts)]
        if where := _WHERE.fullmatch(said):
            return self.known[where[3]] if self.known[where[4]] else {}
        text = _IN_TEXT.sub(lambda match: str(self.known[match[1]]), said)
        return json.loads(text) if text.startswith('"') else text

    def _json(self, object_: str) -> Any:
        keyed = re.sub(r"([A-Za-z]+) = ", r'"\1": ', object_)
        return json.loads(re.sub(_ADDRESS, lambda match: json.dumps(self.known[match[0]]), keyed))

    def blocks_of(self, kind: str, *labels: str) -> Block:
        """The one block of these labels: `resource`, its type, its name."""
        (found,) = self._found(kind, labels)
        return found

    def settings(self, kind: str, *labels: str) -> dict[str, Any]:
        """The arguments of a block that are no blocks themselves, as values."""
        return self.plain(self.blocks_of(kind, *labels))

    def plain(self, block: Block) -> dict[str, Any]:
        return {
            name: self.value(said)
            for name, said in block.items()
            if not _is_block(said) and name not in ("__is_block__", "depends_on", "source")
        }

    def inner(self, block: Block, name: str) -> dict[str, Any]:
        """Of the one block of this name inside."""
        (one,) = block[name]
        return self.plain(one)

    def document(self, name: str) -> dict[str, Any]:
        """Of `data "aws_iam_policy_document"`, as its `json` would be."""
        block = self.blocks_of("data", "aws_iam_policy_document", name)
        return {
            "Version": "2012-10-17",
            "Statement": [self._statement(one) for one in block["statement"]],
        }

    def _statement(self, block: Block) -> dict[str, Any]:
        said = self.plain(block)
        told = {
            "Sid": said["sid"],
            "Effect": "Allow",
            "Action": said["actions"],
        }
        if "resources" in said:
            told["Resource"] = said["resources"]
        for one in block.get("principals", []):
            who = self.plain(one)
            told["Principal"] = {who["type"]: who["identifiers"]}
        for one in block.get("condition", []):
            test = self.plain(one)
            conditions = told.setdefault("Condition", {}).setdefault(test["test"], {})
            conditions[test["variable"]] = test["values"]
        return told

    def _found(self, kind: str, labels: tuple[str, ...]) -> Iterator[Block]:
        for block in self.blocks.get(kind, []):
            inside: Any = block
            for label in labels:
                inside = inside.get(f'"{label}"') if isinstance(inside, Mapping) else None
            if inside is not None:
                yield inside


def _is_block(said: Any) -> bool:
    return isinstance(said, list) and any(
        isinstance(one, Mapping) and "__is_block__" in one for one in said
    )


def load(folder: Path, known: Mapping[str, Any]) -> Module:
    """All of the folder's files; locals are worked out from `known`."""
    blocks: dict[str, list[Block]] = {}
    for path in sorted(folder.glob("*.tf")):
        for kind, listed in hcl2.loads(path.read_text()).items():
            if kind != "__comments__":
                blocks.setdefault(kind, []).extend(listed)
    module = Module(blocks, dict(known))
    for block in blocks.get("locals", []):
        for name, said in block.items():
            if not name.startswith("__") and f"local.{name}" not in module.known:
                module.known[f"local.{name}"] = module.value(said)
    return module
