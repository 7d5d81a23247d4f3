"""Every case of every tests/modules/<module>/tftest.yaml."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.modules.together import Part, PlanError, Planned, Together

HERE = Path(__file__).parent
CASES = [
    pytest.param(file.parent, suite["module"], name, case or {}, id=f"{file.parent.name}: {name}")
    for file in sorted(HERE.glob("*/tftest.yaml"))
    for suite in [yaml.load(file.read_text(), yaml.CSafeLoader)]
    for name, case in suite["tests"].items()
]


@pytest.fixture(scope="module")
def planned(
    tmp_path_factory: pytest.TempPathFactory,
    copied: Callable[[Path], Path],
    together: Callable[[Path], Together],
) -> dict[str, Planned | PlanError]:
    """The plan of each case, or why Terraform refuses it."""
    workspace = copied(tmp_path_factory.mktemp("inventories"))
    parts = []
    for folder, module, name, case in (case.values for case in CASES):
        tfvars = [folder / f"{file}.tfvars" for file in case.get("tfvars", [name])]
        arguments = "\n".join(file.read_text() for file in tfvars)
        own = (workspace / module).with_name(f"{folder.name}--{name}")
        shutil.copytree(workspace / module, own)
        parts.append(Part(own, arguments))
    # Paths in variables are relative to a module's folder.
    return together(workspace / "modules" / "cases").plan(parts)


@pytest.mark.parametrize(("folder", "module", "name", "case"), CASES)
def test_the_plan_matches_the_inventory(
    folder: Path, module: str, name: str, case: dict[str, Any], planned: dict[str, Planned | PlanError]
) -> None:
    """A case: `tfvars` and `inventory` are files' names without endings, by default the case's own; or else
    `error` is what Terraform must print."""
    found = planned[f"{folder.name}--{name}"]
    if "error" in case:
        assert isinstance(found, PlanError), f"{module} is planned"
        assert case["error"] in str(found)
        return
    assert isinstance(found, Planned), found
    for inventory in case.get("inventory", [name]):
        assert found.differences(yaml.safe_load((folder / f"{inventory}.yaml").read_text())) == []
