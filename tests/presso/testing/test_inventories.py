"""Inventories of an extension's plan: with other variables, and with the error that takes a plan's place."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow

CASES = {
    "plan.yaml": "counts: {aws_lambda_function: 1}\n",
    "plan-right.yaml": "variables: {order_days: 20}\nvalues: {module.count.aws_lambda_function.default: "
    '{environment: [{variables: {ORDER_DAYS: "20"}}]}}\n',
    "plan-wrong.yaml": "variables: {order_days: 20}\nvalues: {module.count.aws_lambda_function.default: "
    '{environment: [{variables: {ORDER_DAYS: "30"}}]}}\n',
    "plan-refused.yaml": "variables: {order_days: 7}\nerror: order_days is at least 16\n",
    "plan-refused-otherwise.yaml": "variables: {order_days: 7}\nerror: order_days is a leap year\n",
    "plan-not-refused.yaml": "error: order_days is at least 16\n",
    "plan-empty.yaml": "",
    "plan_b.yaml": "counts: {aws_lambda_function: 99}\n",  # not a name of one
}


def test_each_inventory_is_compared_with_the_plan_of_its_variables(checkout: Path, tmp_path: Path) -> None:
    root = tmp_path / "checkout"
    extension = root / "extensions" / "order-metrics"
    shutil.copytree(
        checkout / "extensions" / "order-metrics",
        extension,
        ignore=shutil.ignore_patterns("tests", "__pycache__"),
    )
    (root / "modules").symlink_to(checkout / "modules")
    (extension / "tests").mkdir()
    for name, text in CASES.items():
        (extension / "tests" / name).write_text(text)
    program = [sys.executable, "-m", "pytest", "-p", "presso.testing.plugin", "-p", "no:cacheprovider", "-rA"]
    done = subprocess.run(
        program, cwd=extension, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    summary = [line.split()[:2] for line in done.stdout.splitlines() if line.startswith(("PASSED", "FAILED"))]
    assert {tuple(line) for line in summary} == {
        ("PASSED", "tests/plan.yaml::plan"),
        ("PASSED", "tests/plan-right.yaml::plan"),
        ("FAILED", "tests/plan-wrong.yaml::plan"),
        ("PASSED", "tests/plan-refused.yaml::plan"),
        ("FAILED", "tests/plan-refused-otherwise.yaml::plan"),
        ("FAILED", "tests/plan-not-refused.yaml::plan"),
        ("FAILED", "tests/plan-empty.yaml::plan"),
    }
    assert "expected '30', the plan has '20'" in done.stdout
    assert "Terraform plans it; expected the error: order_days is at least 16" in done.stdout
    assert "is not an inventory" in done.stdout
