"""Every case of every tests/modules/<module>/tftest.yaml."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

HERE = Path(__file__).parent
CASES = [
    pytest.param(file.parent, suite["module"], name, case or {}, id=f"{file.parent.name}: {name}")
    for file in sorted(HERE.glob("*/tftest.yaml"))
    for suite in [yaml.safe_load(file.read_text())]
    for name, case in suite["tests"].items()
]


@pytest.mark.parametrize(("folder", "module", "name", "case"), CASES)
def test_the_plan_is_as_the_inventory_says(
    folder: Path, module: str, name: str, case: dict[str, Any], plan: Callable[..., Any], workspace: Path
) -> None:
    """A case: `tfvars` and `inventory` are files' names without endings, by default the case's own; or else
    `error` is what Terraform must say."""
    tfvars = [folder / f"{file}.tfvars" for file in case.get("tfvars", [name])]
    if "error" in case:
        with pytest.raises(Exception, match="Error: ") as refused:
            plan(workspace / module, tfvars)
        assert case["error"] in str(refused.value)
        return
    planned = plan(workspace / module, tfvars)
    for inventory in case.get("inventory", [name]):
        assert planned.differences(yaml.safe_load((folder / f"{inventory}.yaml").read_text())) == []
