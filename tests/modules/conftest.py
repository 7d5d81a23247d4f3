"""Modules, extensions and the examples in their READMEs, planned with real Terraform and compared.

A case is data: variables in, an inventory of what the plan must contain out. An inventory is a YAML file:

    counts:               # of managed resources per type; `modules` and `resources` are all of them
      aws_sqs_queue: 2
    values:               # by address; what is not named is not compared
      aws_sqs_queue.default:
        name: nyc--orders--drinks
        redrive_policy:   # JSON text is compared as what it says
          maxReceiveCount: 3
    outputs:
      name: nyc--orders--drinks
"""

import json
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import tftest

from presso.local_aws import Running
from presso.units import terraform

ACCOUNT = "111111111111"
UNKNOWN = "(known after apply)"


@dataclass(frozen=True)
class Planned:
    """What a plan would make: values by address, addresses of modules, values of outputs."""

    resources: dict[str, dict[str, Any]]
    modules: list[str]
    outputs: dict[str, Any]

    def differences(self, inventory: dict[str, Any]) -> list[str]:
        """What the inventory expects and the plan does not have; empty when they agree."""
        unknown = set(inventory) - {"counts", "outputs", "values"}
        found = [f"an inventory has no {key}" for key in sorted(unknown)]
        found += _different("outputs", inventory.get("outputs", {}), self.outputs)
        found += _different("values", inventory.get("values", {}), self.resources)
        counts = Counter(
            re.sub(r"^(module\.[^.]+\.)*", "", address).split(".")[0] for address in self.resources
        )
        counts |= {"modules": len(self.modules), "resources": len(self.resources)}
        expected = inventory.get("counts", {})
        found += _different("counts", expected, {kind: counts[kind] for kind in expected})
        return found


def _different(where: str, expected: Any, actual: Any) -> list[str]:
    """Compare; of mappings only what is expected."""
    if isinstance(expected, dict | list) and isinstance(actual, str) and actual != UNKNOWN:
        actual = json.loads(actual)
    if isinstance(expected, dict) and isinstance(actual, dict):
        return [
            line
            for key, value in expected.items()
            for line in _different(f"{where}: {key}", value, actual.get(key, UNKNOWN))
        ]
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        return [
            line
            for place, (value, other) in enumerate(zip(expected, actual, strict=True))
            for line in _different(f"{where}[{place}]", value, other)
        ]
    return [] if expected == actual else [f"{where}: expected {expected!r}, the plan has {actual!r}"]


class PlanError(Exception):
    """Terraform refused; its message without frames and line breaks."""


def _refusal(error: tftest.TerraformTestError) -> PlanError:
    text = str(getattr(error, "cmd_error", None) or error)
    return PlanError(" ".join(re.sub(r"[│╷╵]", " ", text).split()))


Plan = Callable[..., Planned]


@pytest.fixture(scope="session")
def terraform_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that runs the Terraform that presso would run."""
    return terraform.find().executable(tmp_path_factory.mktemp("terraform"))


@pytest.fixture(autouse=True)
def _no_plan_files_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """tftest leaves its plan files where temporary files are: here that is a folder of the test."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture
def plan(local_aws: Running, terraform_file: Path) -> Plan:
    """Plan a folder in the account 111111111111 of the local AWS."""

    def planned(folder: Path, tfvars: list[Path] | None = None) -> Planned:
        environment = terraform.environment(local_aws.environment(ACCOUNT))
        test = tftest.TerraformTest(str(folder), binary=str(terraform_file), env=environment)
        try:
            test.setup()
            output = test.plan(output=True, tf_var_file=[str(path) for path in tfvars or []])
        except tftest.TerraformTestError as error:
            raise _refusal(error) from error
        return _read(output)

    return planned


def _read(plan: Mapping[str, Any]) -> Planned:
    values = plan["planned_values"]
    modules = list(_modules(values.get("root_module", {})))
    return Planned(
        resources={
            resource["address"]: {
                name: value for name, value in resource["values"].items() if value is not None
            }
            for module in modules
            for resource in module.get("resources", [])
            if resource["mode"] == "managed"
        },
        modules=[module["address"] for module in modules if "address" in module],
        outputs={name: output.get("value", UNKNOWN) for name, output in values.get("outputs", {}).items()},
    )


def _modules(module: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield module
    for child in module.get("child_modules", []):
        yield from _modules(child)


@pytest.fixture(scope="session")
def copied(checkout: Path) -> Callable[[Path], Path]:
    """Make a folder like the checkout within another, to run Terraform in: its modules and extensions."""

    def copy(folder: Path) -> Path:
        root = folder / "workspace"
        left = shutil.ignore_patterns(".terraform*", "build", "tests", "__pycache__")
        for part in ("modules", "extensions"):
            shutil.copytree(checkout / part, root / part, ignore=left)
        return root

    return copy


@pytest.fixture
def workspace(tmp_path: Path, copied: Callable[[Path], Path]) -> Path:
    """A folder like the checkout, of this test's own."""
    return copied(tmp_path)
