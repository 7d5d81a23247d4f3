"""What Terraform refuses when it plans, `check` refuses: an apply never finds it first."""

from pathlib import Path

import pytest
from tests.presso.gate.conftest import Group, groups

from presso.gate.gate import Gate

pytestmark = pytest.mark.slow
GROUPS = [group for group in groups("hostile/terraform") if group.name != "in-a-circle"]


@pytest.mark.parametrize("group", GROUPS, ids=[group.name for group in GROUPS])
def test_everything_that_terraform_refuses_is_refused_where_it_is_written(
    group: Group, gate: Gate, tmp_path: Path
) -> None:
    report = gate.check(str(group.write(tmp_path)))
    found = {Path(each.file).stem for each in report.findings if each.check.id == "S-010"}
    assert (found, report.passed) == (set(group.parts), False)


def test_a_circle_is_refused(gate: Gate, tmp_path: Path) -> None:
    circle = next(group for group in groups("hostile/terraform") if group.name == "in-a-circle")
    report = gate.check(str(circle.write(tmp_path)))
    assert [each.check.id for each in report.findings] == ["S-010"]
    assert "Cycle: " in report.findings[0].found
