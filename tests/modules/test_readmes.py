"""Examples in READMEs: each block of HCL is planned, and the plan matches its last line."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.modules.together import Part, PlanError, Planned, Together

from presso.extension_tree import ExtensionTree
from presso.node import NodeJs
from presso.packages import packages
from presso.workspace import Workspace

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
        """The inventories that it names: of a module beside its cases, of an extension in its tests."""
        folder = self.readme.parent
        tests = (
            folder / "tests" if folder.parent.name == "extensions" else ROOT / "tests/modules" / folder.name
        )
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


def _build_packages(workspace: Path) -> None:
    """Do what `presso build` does, with packages that this checkout keeps."""
    for folder in (workspace / "extensions").iterdir():
        tree = ExtensionTree.read(folder).without_faults()
        for package in packages.of_extension(Workspace(ROOT, ROOT / ".presso"), tree, {}):
            target = folder / package.path
            target.parent.mkdir(exist_ok=True)
            shutil.copyfile(package.file, target)


@pytest.fixture(scope="module")
def planned(
    tmp_path_factory: pytest.TempPathFactory,
    copied: Callable[[Path], Path],
    together: Callable[[Path], Together],
) -> dict[str, Planned | PlanError]:
    """The plan of each example, or why Terraform refuses it."""
    workspace = copied(tmp_path_factory.mktemp("readmes"))
    _build_packages(workspace)
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


@pytest.fixture
def faults(node: NodeJs, tmp_path: Path) -> Callable[[dict[str, Any]], str]:
    """What asl-validator finds in definitions of state machines, by name; "" when all are valid."""

    def found(definitions: dict[str, Any]) -> str:
        arguments: list[str | Path] = []
        for name, definition in definitions.items():
            file = tmp_path / f"{name}.json"
            # It refuses line breaks in expressions, and empty texts; AWS does not.
            file.write_text(json.dumps(definition).replace("\\n", " ").replace('""', '" "'))
            arguments += ["--json-path", file]
        done = node.run(node.tool("asl-validator"), *arguments)
        assert done.returncode in (0, 1), done.stderr
        return done.stdout + done.stderr if done.returncode else ""

    return found


@pytest.fixture
def definitions(planned: dict[str, Planned | PlanError]) -> dict[str, Any]:
    """The definitions of the planned state machines, by their names."""
    return {
        resource["name"]: json.loads(resource["definition"])
        for plan in planned.values()
        if isinstance(plan, Planned)
        for address, resource in plan.resources.items()
        if "aws_sfn_state_machine" in address
    }


def test_the_state_machines_of_all_examples_are_valid(
    definitions: dict[str, Any], faults: Callable[[dict[str, Any]], str]
) -> None:
    assert set(definitions) >= {
        "nyc--order-robot--barista",
        "nyc--order-robot--customer",
        "nyc--player",
        "nyc--wait-times--average",
    }
    assert faults(definitions) == ""


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        ('"Next": "Keep time"', '"Next": "Kept time"', "Kept time"),
        ('"Type": "Succeed"', '"Type": "Success"', "/States/Done/Type"),
        ("$exists($order.placed) and", "$exists($order.placed) and and", "/States/Both known"),
    ],
    ids=["a state that does not exist", "a type that does not exist", "an expression that is none"],
)
def test_a_state_machine_that_is_not_valid_is_noticed(
    right: str,
    wrong: str,
    fault: str,
    definitions: dict[str, Any],
    faults: Callable[[dict[str, Any]], str],
) -> None:
    text = json.dumps(definitions["nyc--wait-times--average"])
    assert right in text
    assert fault in faults({"wrong": json.loads(text.replace(right, wrong))})
