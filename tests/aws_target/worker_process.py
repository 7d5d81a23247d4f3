"""A worker on the aws target of the tests: `python worker_process.py ROOT HOME CONTROL ADDRESS NAME`."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from presso import interruption
from presso.deployment import cluster_worker
from presso.deployment.judging import Judgement
from presso.deployment.target_environment import TargetEnvironment
from presso.deployment.this_machine import ThisMachine
from presso.errors import PressoError
from presso.tenants import Tenant
from presso.terraform import terraform_cli
from presso.units.unit import Unit
from presso.workspace import Workspace


def main(root: str, home: str, control: str, address: str, name: str) -> None:
    """Run units until a signal; the gate judges the extension `gated` alone, which takes most of its time."""
    judge = ThisMachine.judge

    def judge_gated(machine: ThisMachine, wanted: Sequence[tuple[Unit, Tenant]]) -> Mapping[Unit, Judgement]:
        return judge(machine, [(unit, tenant) for unit, tenant in wanted if unit.extension == "gated"])

    ThisMachine.judge = judge_gated  # type: ignore[method-assign]

    def environment(*_: object) -> TargetEnvironment:
        # That of the local AWS, which is not one of a user's.
        env = terraform_cli.environment({"TF_CLI_CONFIG_FILE": os.environ["TF_CLI_CONFIG_FILE"]})
        return TargetEnvironment(env, Path(control), "the local AWS's", keeps_lock=False)

    with interruption.handled():
        try:
            cluster_worker.serve(Workspace(Path(root), Path(home)), address, environment, name)
        except PressoError as error:
            sys.exit(f"Error: {error.message} {error.hint}")


if __name__ == "__main__":
    main(*sys.argv[1:])
