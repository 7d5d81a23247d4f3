"""Modules, extensions and the examples in their READMEs, planned with real Terraform and compared.

A case is data: variables in, an inventory of what the plan must contain out (presso.testing.inventory).
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.modules.together import PlanError, Together
from tests.terraform import Terraform

from presso.local_aws import Running
from presso.terraform import terraform_cli
from presso.testing import inventory
from presso.testing.inventory import Planned

ACCOUNT = "111111111111"


Plan = Callable[..., Planned]


@pytest.fixture(scope="session")
def plan(local_aws: Running) -> Plan:
    """Plan a folder in the account 111111111111 of the local AWS."""

    def planned(folder: Path, tfvars: list[Path] | None = None) -> Planned:
        terraform = Terraform(folder, terraform_cli.environment(local_aws.environment(ACCOUNT)))
        files = [f"-var-file={path}" for path in tfvars or []]
        for command in (("init", "-no-color"), ("plan", "-no-color", "-out=plan", *files)):
            done = terraform.run(*command, ok=(0, 1))
            if done.returncode:
                raise PlanError(done.stderr)
        return inventory.read(terraform.json("show", "-json", "plan"))

    return planned


@pytest.fixture(scope="session")
def together(local_aws: Running) -> Callable[[Path], Together]:
    """`together(root)` plans many configurations as one, in the account 111111111111 of the local AWS."""
    environment = terraform_cli.environment(local_aws.environment(ACCOUNT))
    return lambda root: Together(root, environment)


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


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory, copied: Callable[[Path], Path]) -> Path:
    """The modules, in a folder like the checkout that a file's tests share."""
    return copied(tmp_path_factory.mktemp("modules")) / "modules"


@pytest.fixture
def workspace(tmp_path: Path, copied: Callable[[Path], Path]) -> Path:
    """A folder like the checkout, of this test's own."""
    return copied(tmp_path)
