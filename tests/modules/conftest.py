"""Modules, extensions and the examples in their READMEs, planned with real Terraform and compared.

A case is data: variables in, an inventory of what the plan must contain out (presso.testing.inventory).
"""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
import tftest
from tests.modules.together import PlanError, Together

from presso.local_aws import Running
from presso.terraform import terraform_cli
from presso.testing import inventory
from presso.testing.inventory import Planned

ACCOUNT = "111111111111"


Plan = Callable[..., Planned]


@pytest.fixture(scope="session")
def terraform_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that runs the Terraform that presso would run."""
    return terraform_cli.find().executable(tmp_path_factory.mktemp("terraform"))


@pytest.fixture(autouse=True)
def _no_plan_files_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """tftest leaves its plan files where temporary files are: here that is a folder of the test."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.fixture
def plan(local_aws: Running, terraform_file: Path) -> Plan:
    """Plan a folder in the account 111111111111 of the local AWS."""

    def planned(folder: Path, tfvars: list[Path] | None = None) -> Planned:
        environment = terraform_cli.environment(local_aws.environment(ACCOUNT))
        test = tftest.TerraformTest(str(folder), binary=str(terraform_file), env=environment)
        try:
            test.setup()
            output = test.plan(output=True, tf_var_file=[str(path) for path in tfvars or []])
        except tftest.TerraformTestError as error:
            raise PlanError(str(getattr(error, "cmd_error", None) or error)) from error
        return inventory.read(output)

    return planned


@pytest.fixture(scope="session")
def together(local_aws: Running, terraform_file: Path) -> Callable[[Path], Together]:
    """`together(root)` plans many configurations as one, in the account 111111111111 of the local AWS."""
    environment = terraform_cli.environment(local_aws.environment(ACCOUNT))
    return lambda root: Together(root, terraform_file, environment)


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
