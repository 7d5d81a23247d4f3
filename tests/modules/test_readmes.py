"""Examples in READMEs: whatever is in a block of HCL is planned, and the plan is what its last line says."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
READMES = sorted([*ROOT.glob("modules/*/README.md"), *ROOT.glob("extensions/*/README.md")])
FENCED = re.compile(r"^```hcl\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE)
EXPECTED = re.compile(r"^# tftest(?P<settings>( \w+=\S+)*)\n\Z", re.MULTILINE)


@dataclass(frozen=True)
class Example:
    """A block of HCL, and what its last line expects of its plan; None when it has no such line."""

    readme: Path
    line: int
    code: str
    expected: dict[str, str] | None

    def __str__(self) -> str:
        return f"{self.readme.relative_to(ROOT)}:{self.line}"

    def inventories(self) -> list[Path]:
        """The inventories that it names; a module's are beside the module's other cases."""
        tests = ROOT / "tests" / "modules" / self.readme.parent.name
        names = (self.expected or {}).get("inventory", "")
        return [tests / name for name in names.split(",") if name]


def examples(readme: Path) -> list[Example]:
    text = readme.read_text()
    found = []
    for block in FENCED.finditer(text):
        end = EXPECTED.search(block["code"])
        expected = dict(pair.split("=", 1) for pair in end["settings"].split()) if end else None
        line = text.count("\n", 0, block.start()) + 2
        found.append(Example(readme, line, block["code"], expected))
    return found


ALL = [example for readme in READMES for example in examples(readme)]


@pytest.mark.parametrize("example", ALL, ids=str)
def test_an_example_can_be_planned(example: Example, plan: Callable[..., Any], workspace: Path) -> None:
    assert example.expected is not None, (
        f"{example} does not end with a line such as: # tftest modules=1 resources=3"
    )
    (workspace / "main.tf").write_text(example.code)
    planned = plan(workspace)
    counts = {kind: int(count) for kind, count in example.expected.items() if kind != "inventory"}
    assert planned.differences({"counts": counts}) == []
    for inventory in example.inventories():
        assert planned.differences(yaml.safe_load(inventory.read_text())) == []


@pytest.mark.parametrize("module", sorted(ROOT.glob("modules/*/main.tf")), ids=lambda path: path.parent.name)
def test_every_module_has_an_example(module: Path) -> None:
    readme = module.with_name("README.md")
    assert readme.is_file(), f"{readme} is missing"
    assert examples(readme), f"{readme} has no block of HCL"
