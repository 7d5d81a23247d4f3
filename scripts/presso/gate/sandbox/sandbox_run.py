"""One extension in the sandbox: apply → play → observe → plan again → destroy → observe again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from presso import snapshot
from presso.gate import plan_model
from presso.gate.model import Model
from presso.gate.run_record import RunRecord
from presso.gate.sandbox.driver import PLAY_SECONDS, Driver
from presso.gate.sandbox.observations import Observation
from presso.gate.sandbox.sandbox_environment import SandboxEnvironment
from presso.snapshot import Snapshot
from presso.terraform.confined_terraform import Refused, TooLong
from presso.units.unit import Unit

_RUNTIMES = {"nodejs": "node"}


@dataclass
class SandboxRun:
    """An extension on a stage.

    Args:
        stage: The stage.
        model: The extension as planned, with the stage's facts.
        seconds: How long its work may go on without progress.
    """

    stage: SandboxEnvironment
    model: Model
    seconds: float = PLAY_SECONDS
    record: RunRecord = field(default_factory=RunRecord)

    def __post_init__(self) -> None:
        self.unit = Unit(self.model.facts.tenant, self.model.facts.extension)

    def run(self) -> Model:
        """Run it; return the model as applied, with its record."""
        self.stage.bring(self.model.source.root, self.unit.extension)
        before = self.stage.snapshot()
        applied = self._applied(before)
        try:
            with self.record.step("destroy"):
                self.stage.destroy(self.unit)
        except (Refused, TooLong) as error:
            self.record.broken = self.record.broken or f"it cannot be destroyed: {error}"
        with self.record.step("look"):
            self.record.left = snapshot.differences(before, self.stage.snapshot())
        return replace(applied, level="sandbox", did=self.record)

    def _applied(self, before: Snapshot) -> Model:
        """Apply it and run all steps until the destroy."""
        known = {event["id"] for tenant in self.stage.tenants for event in self.stage.log(tenant)}
        offset = self.stage.stack.journal(0)[1]
        try:
            with self.record.step("apply"):
                self.stage.apply(self.unit)
            state = self.stage.state(self.unit)
        except (Refused, TooLong) as error:
            self.record.broken = f"it cannot be applied: {error}"
            return self.model
        applied = replace(self.model, resources=plan_model.resources({"settled": state}, self.model.source))
        self.record.lacking = list(_lacking(applied))
        performance = Driver(self.stage, applied, self.record, offset, self.seconds)
        if not self.record.lacking:
            with self.record.step("play"):
                performance.play()
        with self.record.step("look"):
            Observation(self.stage, applied, self.record, performance.sent).look(offset, known, before)
        try:
            with self.record.step("plan"):
                self.record.replanned = self.stage.changes(self.unit)
        except (Refused, TooLong) as error:
            self.record.broken = f"it cannot be planned again: {error}"
        return applied


def _lacking(model: Model) -> Iterator[str]:
    """What this machine lacks to run its functions."""
    for function in model.of("aws_lambda_function"):
        runtime = str(function.values.get("runtime"))
        program = next((p for start, p in _RUNTIMES.items() if runtime.startswith(start)), None)
        if program and shutil.which(program) is None:
            yield f"{function.address} has the runtime {runtime}, and {program} is not installed here"
        elif not program and not runtime.startswith("python"):
            yield f"{function.address} has the runtime {runtime}, which the local AWS cannot run"
