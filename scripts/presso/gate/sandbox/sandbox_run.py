"""One extension in the sandbox: apply → play → observe → plan again → destroy → observe again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from offline_aws.services.pipes import would_not_flow
from presso import snapshot
from presso.gate import plan_model
from presso.gate.model import Model
from presso.gate.run_record import RunRecord
from presso.gate.sandbox.driver import PLAY_SECONDS, Driver
from presso.gate.sandbox.observations import Observation
from presso.gate.sandbox.sandbox_environment import SandboxEnvironment
from presso.packages.faults import Uninstallable
from presso.snapshot import Snapshot
from presso.terraform.confined_terraform import Refused
from presso.terraform.terraform_cli import TooLong
from presso.units.unit import Unit

_RUNTIMES = {"nodejs": "node"}


@dataclass
class SandboxRun:
    """An extension in a sandbox environment.

    Args:
        environment: The environment.
        model: The extension as planned, with the environment's facts.
        seconds: How long its work may go on without progress.
    """

    environment: SandboxEnvironment
    model: Model
    seconds: float = PLAY_SECONDS
    record: RunRecord = field(default_factory=RunRecord)

    def __post_init__(self) -> None:
        self.unit = Unit(self.model.facts.tenant, self.model.facts.extension)
        emits = self.model.metadata.emits if self.model.metadata else ()
        self.record.declared = tuple(event.detail_type for event in emits)

    def run(self) -> Model:
        """Run it; return the model as applied, with its record."""
        self.environment.bring(self.model.text.root, self.unit.extension)
        before = self.environment.snapshot()
        applied = self._applied(before)
        try:
            with self.record.step("destroy"):
                self.environment.destroy(self.unit)
        except (Refused, TooLong) as error:
            self.record.broken = self.record.broken or f"it cannot be destroyed: {error}"
        else:
            with self.record.step("look"):
                # With nothing left, the next extension is tried in this environment.
                self.environment.delete_log_groups(applied.log_groups_of_the_emulator)
                self.record.left = snapshot.differences(before, self.environment.snapshot())
        return replace(applied, level="sandbox", did=self.record)

    def _applied(self, before: Snapshot) -> Model:
        """Apply it and run all steps until the destroy."""
        self.record.lacking = list(_lacking_pipes(self.model))
        if self.record.lacking:
            return self.model
        known = {event["id"] for tenant in self.environment.tenants for event in self.environment.log(tenant)}
        offset = self.environment.stack.journal(0)[1]
        try:
            with self.record.step("apply"):
                self.environment.apply(self.unit)
            state = self.environment.state(self.unit)
        except Uninstallable as error:
            self.record.lacking = [f"the sandbox cannot run it: {error.message.rstrip('.')}"]
            return self.model
        except (Refused, TooLong) as error:
            self.record.broken = f"it cannot be applied: {error}"
            return self.model
        applied = replace(self.model, resources=plan_model.resources({"settled": state}, self.model.text))
        self.record.lacking = list(_lacking(applied))
        driver = Driver(self.environment, applied, self.record, offset, self.seconds)
        if not self.record.lacking:
            with self.record.step("play"):
                driver.play()
        with self.record.step("look"):
            Observation(self.environment, applied, self.record, driver.sent).look(offset, known, before)
        try:
            with self.record.step("plan"):
                self.record.replanned = self.environment.changes(self.unit)
        except (Refused, TooLong) as error:
            self.record.broken = f"it cannot be planned again: {error}"
        return applied


def _lacking_pipes(model: Model) -> Iterator[str]:
    """Why its pipes cannot be applied here."""
    for pipe in model.of("aws_pipes_pipe"):
        for _, why, _ in would_not_flow({"enrichment": "", **pipe.values}):
            yield f"{pipe.address} cannot run here: {why}"


def _lacking(model: Model) -> Iterator[str]:
    """What this machine lacks to run its functions."""
    for function in model.of("aws_lambda_function"):
        runtime = str(function.values.get("runtime"))
        program = next((p for start, p in _RUNTIMES.items() if runtime.startswith(start)), None)
        if program and shutil.which(program) is None:
            yield f"{function.address} has the runtime {runtime}, and {program} is not installed here"
        elif not program and not runtime.startswith("python"):
            yield f"{function.address} has the runtime {runtime}, which the local AWS cannot run"
