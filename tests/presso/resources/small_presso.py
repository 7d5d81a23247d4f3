"""presso on a checkout whose modules need no provider: run this file like `presso`."""

from contextlib import nullcontext
from types import SimpleNamespace

from presso.__main__ import main
from presso.deployment import runs, target_environment
from presso.presenters import developing
from presso.terraform import terraform_cli
from presso.units import unit_folder

BUILT_IN = {"source": "terraform.io/builtin/terraform"}


def without_provider() -> None:
    """Let presso generate units that need only what is built into Terraform, and start no local AWS."""
    unit_folder.AWS_PROVIDER = BUILT_IN
    unit_folder.provider = lambda unit, tenant: {}
    developing._followed = lambda *_, **__: nullcontext(SimpleNamespace())
    runs.Runs.run_gate = lambda self: None  # the gate allows AWS's types only
    alone = target_environment.TargetEnvironment(
        terraform_cli.environment({"TF_CLI_CONFIG_FILE": "/dev/null"}), None, ""
    )
    target_environment.Environments.under = classmethod(
        lambda cls, workspace, targets, chosen=None: cls(workspace, None)
    )
    target_environment.Environments.of = lambda self, target, tenant: alone


if __name__ == "__main__":
    without_provider()
    main()
