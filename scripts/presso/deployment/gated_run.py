"""Terraform on an extension's unit: the plan that is judged is the plan that is applied."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from presso.confinement import MOST_MEMORY
from presso.deployment import access_rights
from presso.deployment.command import Command
from presso.deployment.outcome import Outcome
from presso.deployment.run_log import RunLog
from presso.deployment.target_environment import TargetEnvironment
from presso.deployment.unit_gate import UnitGate, state_of
from presso.deployment.unit_run import UnitRun
from presso.errors import PressoError
from presso.terraform.json_stream import Transcript
from presso.terraform.terraform_cli import Most, TooLong
from presso.units.unit import Unit

if TYPE_CHECKING:
    from presso.gate.report import Finding

# A real plan may compute more than the judged one, since data read from AWS decides how long a list is or how
# often a loop runs. It is stopped at these limits.
MOST = Most(seconds=300.0, memory=MOST_MEMORY)


def refusal(gate: UnitGate) -> Outcome | None:
    """Return the outcome of an extension that the gate rejects before the run; None when it does not."""
    if not gate.findings:
        return None
    hint = "Nothing was changed."
    if isinstance(gate.case.tree.modules, Path):  # not of a version: `check` judges the working tree
        hint += f" To see the findings: presso check {gate.unit.extension}"
    return _refused(gate.unit, gate.findings, "Rejected by the gate", hint)


def _refused(unit: Unit, findings: Sequence[Finding], what: str, hint: str) -> Outcome:
    count = f"{len(findings)} finding{'s' if len(findings) > 1 else ''}"
    return Outcome(unit, "failed", findings=list(findings), message=f"{what}: {count}.", hint=hint)


class GatedRun(UnitRun):
    """Plan to a file → judge that plan → apply that file → judge the state."""

    def __init__(
        self,
        command: Command,
        unit: Unit,
        environment: TargetEnvironment,
        log: RunLog,
        gate: UnitGate,
        temporary: str,
    ) -> None:
        tenant = command.selection.tenants[unit.tenant]
        if access_rights.lacking():
            super().__init__(command, unit, environment, log, most=MOST)
        else:
            folder = unit.folder(command.workspace)
            env = access_rights.environment(environment, folder, local=tenant.is_local, temporary=temporary)
            within = access_rights.rights(
                command.workspace, unit, environment, network=bool(tenant.state), temporary=temporary
            )
            super().__init__(command, unit, replace(environment, env=env), log, within.start, MOST)
        self._gate = gate
        self._gate.take_up()

    def init_if_needed(self, *, force: bool = False) -> Outcome | None:
        """Run `terraform init` as for other units. If it takes too much, the outcome has a finding."""
        try:
            return super().init_if_needed(force=force)
        except TooLong as exceeded:
            return self._stopped(exceeded)

    def _act(self) -> Outcome:
        plan = self.folder / self._plan
        try:
            transcript, code = self._planned()
            if code not in (0, 2):
                return self._failed(transcript, code)
            shown = self._shown() if code == 2 else {}
            if shown and (refused := self._judged(transcript, shown)):
                return refused
            if self.command.action == "plan":
                return self._with_drift(self._done(transcript, code), shown)
            return self._applied(transcript, code)
        except TooLong as exceeded:
            return self._stopped(exceeded)
        finally:
            plan.unlink(missing_ok=True)

    def _stopped(self, exceeded: TooLong) -> Outcome:
        hint = "Nothing was changed."
        if self.began is not None:
            hint = f"It was being applied. Remove what was created: presso destroy {self.unit}"
        stopped = _refused(self.unit, self._gate.limit_exceeded(str(exceeded)), "Terraform was stopped", hint)
        stopped.log = self.command.workspace.shown(self.log.path)
        return stopped

    def _applied(self, transcript: Transcript, code: int) -> Outcome:
        if self.command.interruption.requested:
            return Outcome(self.unit, "interrupted", message="planned, not applied")
        if code == 0:
            outcome = self._done(transcript, code)
            findings = self._gate.unchanged(self._state(), self._shown)
        elif not (outcome := self._apply_or_adopt(transcript)).bad:
            findings = self._gate.state(self._state(), whole=True)
        else:
            findings = ()
            # A failed apply may have created what is not allowed. An unreadable state was reported before.
            with contextlib.suppress(PressoError, OSError, ValueError):
                findings = self._gate.state(self._state(), whole=False)
        if findings:
            outcome.result, outcome.findings = "failed", list(findings)
            breach = "The applied state breaks promises that could not be judged before the apply."
            outcome.message = f"{outcome.message} {breach}".lstrip()
            outcome.hint = outcome.hint or f"Roll it back: presso destroy {self.unit}"
        return outcome

    def _state(self) -> str:
        return state_of(self.command.workspace, self.unit, self.command.selection.tenants[self.unit.tenant])

    def _judged(self, transcript: Transcript, plan: dict[str, Any]) -> Outcome | None:
        findings = self._gate.plan(plan)
        return self._refused(transcript, findings) if findings else None

    def _refused(self, transcript: Transcript, findings: Sequence[Finding]) -> Outcome:
        hint = "Nothing was changed. Values that AWS computes make this plan differ from the one that passed."
        refused = _refused(self.unit, findings, "The gate rejects Terraform's plan", hint)
        refused.planned = transcript.planned
        refused.log = self.command.workspace.shown(self.log.path)
        return refused
