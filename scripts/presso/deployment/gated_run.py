"""Terraform on an extension's unit: the plan that is judged is the plan that is applied."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from presso.deployment import confined
from presso.deployment.command import Command
from presso.deployment.outcome import Outcome
from presso.deployment.run_log import RunLog
from presso.deployment.target_environment import TargetEnvironment
from presso.deployment.unit_gate import UnitGate, state_of
from presso.deployment.unit_run import UnitRun
from presso.errors import PressoError
from presso.terraform import terraform_cli
from presso.terraform.json_stream import Transcript
from presso.units.unit import Unit

if TYPE_CHECKING:
    from presso.gate.report import Finding

# Terraform's own data folder in a unit's.
_DATA = Path(".terraform")


def refusal(gate: UnitGate) -> Outcome | None:
    """Return the outcome of an extension that the gate rejects before the run; None when it does not."""
    if not gate.findings:
        return None
    hint = f"Nothing was changed. To see the findings: presso check {gate.unit.extension}"
    return _refused(gate.unit, gate.findings, "Rejected by the gate", hint)


def _refused(unit: Unit, findings: Sequence[Finding], what: str, hint: str) -> Outcome:
    count = f"{len(findings)} finding{'s' if len(findings) > 1 else ''}"
    return Outcome(unit, "failed", findings=list(findings), message=f"{what}: {count}.", hint=hint)


def _digest(plan: Path) -> str:
    """The digest of a plan file; "" if there is none."""
    try:
        with plan.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


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
        if confined.lacking():
            super().__init__(command, unit, environment, log)
        else:
            folder = unit.folder(command.workspace)
            env = confined.environment(environment, folder, local=tenant.is_local, temporary=temporary)
            within = confined.reach(
                command.workspace, unit, environment, network=bool(tenant.state), temporary=temporary
            )
            super().__init__(command, unit, replace(environment, env=env), log, within.start)
        self._gate = gate
        self._gate.keep()
        # Named like the log, which no other run uses; removed after the run.
        self._plan = _DATA / f"presso-{log.path.stem}.tfplan"
        self._shown_plan = self.folder / _DATA / f"presso-{log.path.stem}.json"
        self._digest = ""

    def _act(self) -> Outcome:
        plan = self.folder / self._plan
        try:
            transcript, code = self._initialised("plan", out=self._plan, detailed_exitcode=terraform_cli.FLAG)
            if code not in (0, 2):
                return self._failed(transcript, code)
            self._digest = _digest(plan)
            findings = self._gate.plan(self._shown()) if code == 2 else ()
            if findings:
                return self._refused(transcript, findings)
            if self.command.action == "plan":
                return self._done(transcript, code)
            return self._applied(transcript, code)
        finally:
            plan.unlink(missing_ok=True)

    def _applied(self, transcript: Transcript, code: int) -> Outcome:
        if self.command.interruption.requested:
            return Outcome(self.unit, "interrupted", message="planned, not applied")
        if code == 0:
            outcome = self._done(transcript, code)
            findings = self._gate.unchanged(self._state(), self._shown)
        elif (code := self._apply(transcript)) == 0:
            outcome = self._done(transcript, code)
            findings = self._gate.state(self._state(), whole=True)
        else:
            outcome, findings = self._failed(transcript, code), ()
            # A failed apply may have created what is not allowed. An unreadable state was reported before.
            with contextlib.suppress(PressoError, OSError, ValueError):
                findings = self._gate.state(self._state(), whole=False)
        if findings:
            outcome.result, outcome.findings = "failed", list(findings)
            breach = "The applied state breaks promises that could not be judged before the apply."
            outcome.message = f"{outcome.message} {breach}".lstrip()
            outcome.hint = outcome.hint or f"Roll it back: presso destroy {self.unit}"
        return outcome

    def _apply(self, transcript: Transcript) -> int:
        """Apply the plan that was judged.

        Raises:
            PressoError: The file has changed since.
        """
        if _digest(self.folder / self._plan) != self._digest:
            raise PressoError(
                f"{self.command.workspace.shown(self.folder / self._plan)} has changed since it was judged.",
                hint="Nothing was changed. Run the same command again.",
            )
        return self._attempt(transcript, "apply", str(self._plan))

    def _state(self) -> str:
        return state_of(self.command.workspace, self.unit, self.command.selection.tenants[self.unit.tenant])

    def _shown(self) -> dict[str, Any]:
        """Return the plan as JSON. It may hold secrets, so it is not logged.

        Raises:
            PressoError: Terraform cannot show it.
        """
        shown = self._shown_plan
        lines: list[str] = []
        try:
            with self.environment.providers(self.folder) as (env, keep):
                code = self._terraform.run(
                    "show",
                    str(self._plan),
                    env=env,
                    keep=keep,
                    log=shown,
                    on_line=lines.append,
                    json=terraform_cli.FLAG,
                )
        finally:
            shown.unlink(missing_ok=True)
        try:
            if code == 0:
                plan: dict[str, Any] = json.loads(lines[-1])
                return plan
        except (IndexError, ValueError):
            pass
        raise PressoError(
            f"Terraform cannot show its plan: {lines[-1] if lines else 'no output'}.",
            hint="Nothing was changed. Run the same command again.",
        )

    def _refused(self, transcript: Transcript, findings: Sequence[Finding]) -> Outcome:
        hint = "Nothing was changed. With values computed by AWS, the plan is not the one that passed."
        refused = _refused(self.unit, findings, "The gate rejects Terraform's plan", hint)
        refused.planned = transcript.planned
        refused.log = self.command.workspace.shown(self.log.path)
        return refused
