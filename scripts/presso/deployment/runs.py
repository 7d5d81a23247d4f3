"""plan, apply and destroy: select units → prepare their folders → run Terraform in order → outcomes."""

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from presso.deployment import (
    access_rights,
    adoption,
    cleanup,
    decisions,
    failure,
    gated_run,
    parallel_units,
    run_log,
    state_backup,
    state_files,
    tenant_lock,
    transient,
    unfinished,
    unit_gate,
)
from presso.deployment.command import Command
from presso.deployment.confirmed import ConfirmedStates
from presso.deployment.decisions import Decision
from presso.deployment.fingerprint import Fingerprints
from presso.deployment.gated_run import GatedRun
from presso.deployment.outcome import Outcome
from presso.deployment.target_environment import TargetEnvironment
from presso.deployment.unit_gate import CommandGate, UnitGate
from presso.deployment.unit_run import UnitRun
from presso.errors import PressoError
from presso.interruption import Stopped
from presso.tenants import StateBucket, Tenant
from presso.terraform import terraform_cli
from presso.terraform.json_stream import Changes
from presso.units import unit_folder
from presso.units.unit import Unit
from presso.units.unit_tree import Trees


@dataclass
class Runs(Command):
    """Runs a command on its units; arguments as of `Command`.

    Attributes:
        needs: The units that each waits for.
        fingerprints: Those of its units.
    """

    def __post_init__(self) -> None:
        self._trees = Trees(self.workspace)
        self._gate = CommandGate(self.workspace, self._trees)
        self._gates: dict[Unit, UnitGate | Outcome] = {}
        self.fingerprints = Fingerprints(self.workspace, self._trees, self.environment)
        self._decisions: dict[Unit, Decision] = {}
        units, going = self.selection.units, self.selection.orphaned
        self.needs = parallel_units.needs_of(units, reverse=self.action == "destroy", destroyed=going)
        if self.action == "plan":
            self.needs = {unit: set() for unit in units}

    def execute(self) -> list[Outcome]:
        """Run every unit in order and return the outcomes; after a signal they include the interrupted ones.

        Raises:
            PressoError: No Terraform is found.
            Stopped: After a signal, unless that is deferred around this.
        """
        terraform_cli.find()  # once, before the threads start
        with self.interruption, self._gate:
            self.decide()
            self.run_gate()
            left_out = self._left_out()
            outcomes = parallel_units.work(
                {unit: needs - left_out.keys() for unit, needs in self.needs.items() if unit not in left_out},
                self._timed,
                parallel=self.parallel,
                interruption=self.interruption,
                skipped=lambda outcome: self.display.ended(self._described(outcome)),
                fail_fast=self.fail_fast,
            )
        ended = {outcome.unit: outcome for outcome in outcomes} | left_out
        return [ended[unit] for unit in self.needs]

    def _left_out(self) -> dict[Unit, Outcome]:
        """Return the outcomes of the units that are unchanged by their inputs."""
        found = {}
        for unit in filter(self._is_unchanged, self.needs):
            found[unit] = self._described(Outcome(unit, "unchanged", left_out=True))
            self.display.ended(found[unit])
        return found

    def _described(self, outcome: Outcome) -> Outcome:
        """Return an outcome with what was to be done with its unit, and why."""
        unit = outcome.unit
        if unit in self._decisions:
            outcome.why = self._decisions[unit].why
        if outcome.result in ("unchanged", "absent"):
            outcome.change = "unchanged"
        elif self.action == "destroy" or unit in self.selection.orphaned:
            outcome.change = "destroy"
        else:
            outcome.change = "update" if unit in self.selection.deployed else "create"
        return outcome

    def decide(self) -> None:
        """Find the units to leave out, if unchanged ones are."""
        if not self.skip_unchanged or self.action == "destroy":
            return
        found = decisions.of(self.workspace, self.selection, self.fingerprints, self.interruption)
        self._decisions = {decision.unit: decision for decision in found}

    def run_gate(self) -> None:
        """Judge the extensions to plan or apply, before any unit starts: in the main thread alone."""
        for unit in self.selection.units if self.action != "destroy" else ():
            tenant = self.selection.tenants.get(unit.tenant)
            stays = not unit.is_extension or unit in self.selection.orphaned or self._is_unchanged(unit)
            if stays or tenant is None or self.interruption.requested:
                continue
            try:
                gate = self._gate.of(unit, tenant)
            except Exception as error:
                self._gates[unit] = failure.outcome(self.workspace, unit, error)
            else:
                self._gates[unit] = gated_run.refusal(gate) or gate

    def _is_unchanged(self, unit: Unit) -> bool:
        return unit in self._decisions and self._decisions[unit].change == "unchanged"

    def _timed(self, unit: Unit) -> Outcome:
        start = time.monotonic()
        try:
            outcome = self._run(unit)
        except Stopped:
            outcome = Outcome(unit, "interrupted", message="not begun")
        except Exception as error:
            outcome = failure.outcome(self.workspace, unit, error)
        if self.interruption.requested and outcome.bad:
            outcome.result = "interrupted"
        outcome.seconds = time.monotonic() - start
        self.display.ended(self._described(outcome))
        return outcome

    def _run(self, unit: Unit) -> Outcome:
        gate = self._gates.get(unit)
        if isinstance(gate, Outcome):
            return gate
        action = self.action_of(unit)
        tenant = self.selection.tenants.get(unit.tenant)
        bucket = state_files.bucket_of(self.workspace, unit, tenant)
        if tenant:
            self._refuse_moved(unit, tenant)
        if not bucket and (copy := state_backup.restore(self.workspace, unit)):
            self.display.began(unit, f"state restored from {self.workspace.shown(copy)}")
        # A broken state is reported here, before Terraform fails on it.
        before = state_files.read(self.workspace, unit, bucket)
        unsure = unfinished.before(self.workspace, unit)
        if action == "destroy" and before is None and not unsure:
            cleanup.refuse_in_use(self.workspace, unit)
            self._forget(unit, bucket)
            return Outcome(unit, "absent")
        environment = self.environment(self.selection.target(unit), tenant)
        removed = 0
        if action == "destroy" and unsure:
            removed = cleanup.before_destroy(self.workspace, unit, tenant, environment)
            if before is None:
                return self._removed(unit, tenant, environment, removed)
        with tenant_lock.held(self.workspace, unit, self.action, tenant) as keep:
            run, outcome = self._run_terraform(unit, gate, environment, bucket, keep)
        outcome.changes.destroyed += removed
        cleanup.after(self.workspace, unit, tenant, environment, run.began, outcome)
        if outcome.bad and before is None and not bucket and not run.done:
            state_files.forget_unwritten(self.workspace, unit)
        if action == "destroy" and not outcome.bad:
            with unit_folder.locked(unit.folder(self.workspace)):
                if state_files.forget(self.workspace, unit, bucket):
                    self._forget(unit, bucket)
        return outcome

    def _run_terraform(
        self,
        unit: Unit,
        gate: UnitGate | None,
        environment: TargetEnvironment,
        bucket: StateBucket | None,
        keep: Sequence[int],
    ) -> tuple[UnitRun, Outcome]:
        folder = unit.folder(self.workspace)
        with contextlib.ExitStack() as held:
            with unit_folder.locked(folder):
                self._write(unit, self.selection.tenants.get(unit.tenant))
                log = held.enter_context(run_log.claimed(folder))
                run = UnitRun(self, unit, environment, log)
                if gate:
                    temporary = held.enter_context(access_rights.temporary(folder))
                    run = GatedRun(self, unit, environment, log, gate, temporary)
                run.keep = (*run.keep, *keep)
                failed = self._repeated(run, run.init_if_needed)
            return run, failed or self._acted(run, bucket)

    def _repeated(self, run: UnitRun, attempt: Callable[[], transient.Attempt]) -> transient.Attempt:
        """Return the last attempt's outcome, with what the earlier ones have done.

        On the local AWS there is one attempt: no fault of a program on this machine passes by itself.
        """
        if self.selection.target(run.unit) == "local":
            return attempt()

        def waits(seconds: float, fault: str) -> None:
            faults.append(fault)
            self.display.waits(run.unit, seconds, fault)

        faults: list[str] = []
        outcome = transient.repeated(attempt, waits, lambda: run.limit.requested)
        if outcome and faults:
            outcome.repeated = tuple(faults)
            earlier = run.done - outcome.changes.total
            if not outcome.bad and earlier > 0:
                outcome.result = "destroyed" if run.action == "destroy" else "applied"
                outcome.changes.added += earlier * (run.action != "destroy")
                outcome.changes.destroyed += earlier * (run.action == "destroy")
        return outcome

    def _removed(
        self, unit: Unit, tenant: Tenant | None, environment: TargetEnvironment, removed: int
    ) -> Outcome:
        """Return the outcome of a unit to destroy of which no state holds anything."""
        outcome = Outcome(unit, "destroyed" if removed else "absent", Changes(destroyed=removed))
        cleanup.after(self.workspace, unit, tenant, environment, time.time_ns(), outcome)
        self._forget(unit, state_files.bucket_of(self.workspace, unit, tenant))
        return outcome

    def _acted(self, run: UnitRun, bucket: StateBucket | None) -> Outcome:
        """Run Terraform on a prepared unit, and record what an apply has confirmed."""
        if self.action == "plan":
            return self._repeated(run, run.act)
        if not bucket:
            state_backup.keep(self.workspace, run.unit)
        tenant = self.selection.tenants.get(run.unit.tenant)
        applied = self.fingerprints.of(run.unit, tenant) if tenant and run.action == "apply" else None
        records = ConfirmedStates(self.workspace, run.unit, bucket)
        mark = records.begin()
        confirmed = None
        try:
            outcome = self._repeated(run, run.act)
            if applied and not outcome.bad and not self.fingerprints.touched(applied):
                confirmed = applied.inputs
            return outcome
        finally:
            with contextlib.suppress(PressoError):  # without a record the next command runs it again
                records.end(mark, confirmed, tenant.title if tenant else "")

    def _forget(self, unit: Unit, bucket: StateBucket | None) -> None:
        unit_folder.remove(self.workspace, unit)
        ConfirmedStates(self.workspace, unit, bucket).forget()
        if unit in self.selection.orphaned:  # one that is declared may come back as it was judged
            unit_gate.forget(self.workspace, unit)

    def _write(self, unit: Unit, tenant: Tenant | None) -> None:
        adoption.forget(unit.folder(self.workspace))  # of a run that was killed
        # Any other unit is destroyed by its state, not by its files: they may have changed since.
        going = self.action == "destroy" and not unit.is_platform
        if going or unit in self.selection.orphaned:
            unit_folder.write_remains(self.workspace, unit, tenant)
        elif tenant is not None:
            # An apply comes after its platform's; a plan may run before there is a platform.
            role_exists = self.action != "plan" or unit.platform in self.selection.deployed
            tree = self._trees.of(tenant.use(unit.extension)) if unit.is_extension else None
            unit_folder.write(self.workspace, unit, tenant, role_exists=role_exists, tree=tree)

    def _refuse_moved(self, unit: Unit, tenant: Tenant) -> None:
        """Refuse a unit whose state is in another place; its folder is then ready for Terraform to move it.

        Raises:
            PressoError: See `state_files.refuse_moved`.
        """
        try:
            state_files.refuse_moved(self.workspace, unit, tenant)
        except PressoError:
            left = state_files.in_folder(self.workspace, unit)
            if tenant.state and not left and unit not in self.selection.orphaned:
                unit_folder.write(self.workspace, unit, tenant)
            raise
