"""A plan needs no `terraform init` where the gate knows which modules an extension calls."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from presso.gate import folder, module_manifest
from presso.gate.model import Facts
from presso.gate.planner import Planner
from presso.terraform.confined_terraform import ConfinedTerraform, Refused

pytestmark = pytest.mark.slow

FACTS = Facts("counters", "nyc", "123456789012", "eu-north-1")


@pytest.fixture
def root(tmp_path: Path, checkout: Path) -> Path:
    """An extension that calls the platform's modules, and one of its own in which another is called."""
    root = tmp_path / "counters"
    shutil.copytree(checkout / "tests" / "good" / "counters", root)
    for name, text in {
        "inner/main.tf": 'module "most" {\n  source = "./most/"\n}\n',
        "inner/most/main.tf": 'output "place" {\n  value = path.module\n}\n',
        "more.tf": 'module "inner" {\n  source = "./inner"\n}\n',
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The commands of Terraform that are run."""
    names: list[str] = []
    original = ConfinedTerraform.run

    def run(self: ConfinedTerraform, unit: Path, *commands: Any) -> str:
        names.extend(command[0] for command in commands)
        return original(self, unit, *commands)

    monkeypatch.setattr(ConfinedTerraform, "run", run)
    return names


def planned(plan: dict[str, Any]) -> str:
    """What a plan makes and reads, in an order of its own."""
    changes = sorted(plan["resource_changes"], key=lambda change: str(change["address"]))
    return json.dumps([plan["configuration"], changes], sort_keys=True)


def test_a_plan_without_an_init_is_that_with_one(planner: Planner, root: Path, commands: list[str]) -> None:
    without = planner.plan(root, FACTS, text=folder.read(root))
    assert commands == ["plan", "show"]
    assert planned(without) == planned(planner.plan(root, FACTS))
    assert commands == ["plan", "show", "init", "plan", "show"]


def test_a_call_that_the_gate_has_not_read_takes_an_init(
    planner: Planner, root: Path, commands: list[str]
) -> None:
    source = folder.read(root)
    (root / "late.tf").write_text('module "late" {\n  source = "./inner"\n}\n')
    plan = planner.plan(root, FACTS, text=source)
    assert commands == ["plan", "show", "init", "plan", "show"]
    assert planned(plan) == planned(planner.plan(root, FACTS))


def test_a_provider_that_is_not_there_is_refused_as_by_an_init(planner: Planner, root: Path) -> None:
    (root / "late.tf").write_text('resource "random_pet" "default" {\n}\n')
    with pytest.raises(Refused) as by_init:
        planner.plan(root, FACTS)
    with pytest.raises(Refused) as found:
        planner.plan(root, FACTS, text=folder.read(root))
    begin = 100  # then comes the folder of the one plan
    assert str(found.value)[:begin] == str(by_init.value)[:begin]


def test_modules_that_are_not_local_take_an_init(root: Path) -> None:
    (root / "late.tf").write_text('module "late" {\n  source = "hashicorp/consul/aws"\n}\n')
    assert not module_manifest.write(root, {"extension": "./x"}, folder.read(root))
    assert not (root / ".terraform").exists()
