"""Kept verdicts: an apply uses what a check has passed, while nothing has changed that it depends on."""

from pathlib import Path

import pytest

from presso import tenants
from presso.deployment.unit_gate import CommandGate, UnitGate, keep_checked, key_of_checkout
from presso.gate.plan_comparison import PredictedPlan
from presso.gate.tenant_verdicts import TenantVerdict
from presso.units.unit import Unit
from presso.units.unit_tree import Trees
from presso.workspace import Workspace

UNIT = Unit("nyc", "drinks")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    for name, text in {
        "extensions/drinks/main.tf": "",
        "modules/event-queue/main.tf": "",
        "tenants/nyc/tenant.yaml": "name: nyc\ntitle: NY\naccount: '123456789012'\nextensions: [drinks]\n",
        "waivers.yaml": "waivers: []\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return Workspace(tmp_path, tmp_path / ".presso")


def unit_gate(workspace: Workspace) -> UnitGate:
    """The gate of a new command, for the unit."""
    command, tenant = CommandGate(workspace, Trees(workspace)), tenants.load(workspace, "nyc")
    case = command.case(UNIT, tenant)
    return UnitGate(command, UNIT, case, command.key(case), tenant.is_local)


@pytest.mark.parametrize("file", ["waivers.yaml", "modules/event-queue/main.tf", "extensions/other/main.tf"])
def test_a_verdict_is_not_used_if_something_changes_during_its_check(workspace: Workspace, file: str) -> None:
    case, before = unit_gate(workspace).case, key_of_checkout(workspace)
    verdict = TenantVerdict(case.facts, case.quotas, case.tree.tree.digest, PredictedPlan({}, {}))
    keep_checked(workspace, [verdict], before)
    assert unit_gate(workspace).known()

    (workspace.root / file).parent.mkdir(exist_ok=True)
    (workspace.root / file).write_text("# changed\n")
    keep_checked(workspace, [verdict], before)
    assert not unit_gate(workspace).known()
