"""Many configurations planned as one: Terraform's start is most of what the plan of a module takes."""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.terraform import Terraform

from presso.testing import inventory
from presso.testing.inventory import UNKNOWN, Planned

_OUTPUT = re.compile(r'^output "(\w+)"', re.MULTILINE)


class PlanError(Exception):
    """Terraform refused; its message without frames and line breaks."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(re.sub(r"[│╷╵]", " ", message).split()))


@dataclass(frozen=True)
class Part:
    """A configuration that is planned beside others, as a module of one root.

    Args:
        folder: The configuration's; no other part's has the same name, and Terraform's errors name it.
        arguments: The values of its variables, as in a `.tfvars` file.
    """

    folder: Path
    arguments: str = ""

    @property
    def name(self) -> str:
        """The name of the module."""
        return self.folder.name

    def outputs(self) -> list[str]:
        """The names of its outputs."""
        return [name for file in self.folder.glob("*.tf") for name in _OUTPUT.findall(file.read_text())]

    def call(self, root: Path) -> str:
        """The call of the module, and its outputs as the root's."""
        source = json.dumps(f"./{os.path.relpath(self.folder, root)}")
        outputs = (
            f'output "{self.name}__{name}" {{\n  value = module.{self.name}.{name}\n  sensitive = true\n}}\n'
            for name in self.outputs()
        )
        return f'module "{self.name}" {{\n  source = {source}\n{self.arguments}\n}}\n{"".join(outputs)}'


class Together:
    """A root folder in which parts are planned.

    Args:
        root: The folder, made if it lacks; paths in the arguments of parts are relative to it.
        environment: Of Terraform.
    """

    def __init__(self, root: Path, environment: Mapping[str, str]) -> None:
        self._root = root
        self._terraform = Terraform(root, environment)

    def plan(self, parts: Sequence[Part]) -> dict[str, Planned | PlanError]:
        """The plan of each part by its name, or Terraform's refusal of it.

        Those that are refused are left out of the next plan: Terraform shows some errors only when there are
        none of an earlier kind.
        """
        self._root.mkdir(exist_ok=True)
        for part in parts:
            self._file(part.name).write_text(part.call(self._root))
        self._terraform.run("init", "-backend=false")
        refused: dict[str, PlanError] = {}
        while new := self._refusals({part.name for part in parts} - refused.keys()):
            refused |= new
            for name in new:
                self._file(name).unlink()
        shown = self._terraform.json("show", "-json", "plan")
        planned = {part.name: _part_of(shown, part) for part in parts if part.name not in refused}
        return {**refused, **planned}

    def _file(self, name: str) -> Path:
        return self._root / f"{name}.tf"

    def _refusals(self, names: set[str]) -> dict[str, PlanError]:
        """Plan what is in the root; what is refused."""
        lines = self._terraform.run("plan", "-json", "-out=plan", ok=None).stdout.splitlines()
        reported = defaultdict(list)
        for line in map(json.loads, lines):
            if line["@level"] == "error":
                reported[_whose(line["diagnostic"])].append(line["diagnostic"])
        assert reported.keys() <= names, reported
        return {
            name: PlanError("\n".join(f"Error: {each['summary']}: {each['detail']}" for each in errors))
            for name, errors in reported.items()
        }


def _whose(diagnostic: Mapping[str, Any]) -> str:
    """The part that an error is of: by the file with its call, or by a file in its own folder."""
    # What is wrong about a default has no place of its own, but names that of the rule.
    named = diagnostic["range"]["filename"] or re.findall(r"\S+\.tf\b", diagnostic["detail"])[0]
    return Path(named).parent.name or Path(named).stem


def _part_of(shown: Mapping[str, Any], part: Part) -> Planned:
    """A part's plan as if it had been planned alone."""
    everything = inventory.read(shown).outputs
    outputs = {output: everything.get(f"{part.name}__{output}", UNKNOWN) for output in part.outputs()}
    return replace(inventory.read(shown, f"module.{part.name}"), outputs=outputs)
