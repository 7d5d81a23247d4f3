"""Examples in READMEs: whatever is in a block of HCL is planned, and the plan is what its last line says."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from tests.modules.together import Part, PlanError, Planned, Together

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

    @property
    def name(self) -> str:
        """A name for its module."""
        return f"{self.readme.parent.name}--{self.line}"

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


@pytest.fixture(scope="module")
def planned(
    tmp_path_factory: pytest.TempPathFactory,
    copied: Callable[[Path], Path],
    together: Callable[[Path], Together],
) -> dict[str, Planned | PlanError]:
    """The plan of each example, or why Terraform refuses it."""
    workspace = copied(tmp_path_factory.mktemp("readmes"))
    parts = []
    for example in ALL:
        folder = workspace / example.name
        folder.mkdir()
        (folder / "main.tf").write_text(example.code)
        for sources in ("modules", "extensions"):
            (folder / sources).symlink_to(workspace / sources)
        parts.append(Part(folder))
    return together(workspace).plan(parts)  # paths in examples are relative to it


@pytest.mark.parametrize("example", ALL, ids=str)
def test_an_example_can_be_planned(example: Example, planned: dict[str, Planned | PlanError]) -> None:
    assert example.expected is not None, (
        f"{example} does not end with a line such as: # tftest modules=1 resources=3"
    )
    found = planned[example.name]
    assert isinstance(found, Planned), found
    counts = {kind: int(count) for kind, count in example.expected.items() if kind != "inventory"}
    assert found.differences({"counts": counts}) == []
    for inventory in example.inventories():
        assert found.differences(yaml.safe_load(inventory.read_text())) == []


@pytest.mark.parametrize("module", sorted(ROOT.glob("modules/*/main.tf")), ids=lambda path: path.parent.name)
def test_every_module_has_an_example(module: Path) -> None:
    readme = module.with_name("README.md")
    assert readme.is_file(), f"{readme} is missing"
    assert examples(readme), f"{readme} has no block of HCL"
