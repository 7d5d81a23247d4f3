"""This machine as the place where units run: prepare a unit's folder → run Terraform → record the state."""

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from presso.deployment import (
    access_rights,
    adoption,
    cleanup,
    failure,
    judging,
    parallelism,
    run_log,
    state_backup,
    state_continuity,
    state_files,
    tenant_lock,
    transient,
    unfinished,
    unit_gate,
)
from presso.deployment.command import Command
from presso.deployment.confirmed import ConfirmedStates
from presso.deployment.fingerprint import Fingerprints
from presso.deployment.gated_run import GatedRun
from presso.deployment.judging import Judgement, Judging
from presso.deployment.outcome import Outcome
from presso.deployment.target_environment import TargetEnvironment
from presso.deployment.unit_gate import CommandGate, UnitGate
from presso.deployment.unit_run import UnitRun
from presso.errors import PressoError
from presso.interruption import Stopped
from presso.tenants import StateBucket, Tenant
from presso.terraform.json_stream import Changes
from presso.units import unit_folder
from presso.units.unit import Unit

if TYPE_CHECKING:
    from presso.gate.judge_process import JudgeProcess


class ThisMachine:
    """This machine as a `UnitRunner`.

    Args:
        command: The command, of which this runs units.
        fingerprints: Those of its units.
        follow: Gives what is entered with a unit's log for as long as Terraform writes it.
    """

    def __init__(
        self,
        command: Command,
        fingerprints: Fingerprints,
        follow: Callable[[Unit, Path], contextlib.AbstractContextManager[object]] = lambda *_: (
            contextlib.nullcontext()
        ),
    ) -> None:
        self.command, self._follow = command, follow
        self._workspace, self._selection = command.workspace, command.selection
        self._fingerprints, self._trees = fingerprints, fingerprints.trees
        self._gate = CommandGate(command.workspace, self._trees)
        self._judgements: dict[Unit, Judgement] = {}
        self._held = contextlib.ExitStack()
        self._process: JudgeProcess | None = None

    def __enter__(self) -> "ThisMachine":
        """Use it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the gate if it was started."""
        self._held.close()
        self._gate.__exit__()

    def judge(self, wanted: Sequence[tuple[Unit, Tenant]]) -> Mapping[Unit, Judgement]:
        """See `UnitRunner.judge`. What several tenants list is judged from one plan."""
        found = {unit: self._gate_of(unit, tenant) for unit, tenant in wanted}
        unknown = [each for each in found.values() if isinstance(each, UnitGate) and not each.has_verdict]
        begun: dict[Unit, Judgement] = {}
        if unknown:
            # Its plans wait for nothing: more of them than cores would only take memory.
            parallel = min(self.command.parallel, parallelism.cores())
            begun = self._held.enter_context(
                Judging(self._workspace, self._judge, unknown, parallel, self.command.interruption)
            ).judgements
        self._judgements |= {unit: begun.get(unit) or judging.known(each) for unit, each in found.items()}
        return begun

    def _gate_of(self, unit: Unit, tenant: Tenant) -> UnitGate | Outcome:
        if self.command.interruption.requested:  # a worker's unit comes to `run` all the same
            return Outcome(unit, "interrupted", message="not begun")
        try:
            gate = self._gate.of(unit, tenant)
            if gate.known():
                gate.put_away()
            return gate
        except Exception as error:
            return failure.outcome(self._workspace, unit, error)

    @property
    def _judge(self) -> "JudgeProcess":
        """The gate's process, for as long as this is entered."""
        from presso.gate import judge_process

        if self._process is None:
            self._process = self._held.enter_context(judge_process.JudgeProcess(self._workspace))
        return self._process

    def run(self, unit: Unit) -> Outcome:
        """See `UnitRunner.run`."""
        try:
            return self._run(unit)
        except Stopped:
            return Outcome(unit, "interrupted", message="not begun")
        except Exception as error:
            return failure.outcome(self._workspace, unit, error)

    def _run(self, unit: Unit) -> Outcome:
        judgement = self._judgements.pop(unit, None)
        gate = judgement.result() if judgement else None
        if isinstance(gate, Outcome):
            return gate
        action = self.command.action_of(unit)
        tenant = self._selection.tenants.get(unit.tenant)
        bucket = state_files.bucket_of(self._workspace, unit, tenant)
        if tenant:
            self._refuse_moved(unit, tenant)
        if not bucket and (copy := state_backup.restore(self._workspace, unit)):
            self.command.display.began(unit, f"state restored from {self._workspace.shown(copy)}")
        # A broken state is reported here, before Terraform fails on it.
        before = state_files.read(self._workspace, unit, bucket)
        state_continuity.refuse(self._workspace, unit, bucket)
        unsure = unfinished.before(self._workspace, unit)
        if action == "destroy" and before is None and bucket and not unsure:  # as a run elsewhere has left it
            unsure = ConfirmedStates(self._workspace, unit, bucket).is_open()
        if action == "destroy" and before is None and not unsure:
            cleanup.refuse_in_use(self._workspace, unit)
            self._forget(unit, bucket)
            return Outcome(unit, "absent")
        environment = self._environment(unit, tenant)
        removed = 0
        if action == "destroy" and unsure:
            removed = cleanup.before_destroy(self._workspace, unit, tenant, environment)
            if before is None:
                return self._removed(unit, tenant, environment, removed)
        with tenant_lock.held(self._workspace, unit, self.command.action, tenant) as keep:
            run, outcome = self._run_terraform(unit, gate, environment, bucket, keep)
        outcome.changes.destroyed += removed
        cleanup.after(self._workspace, unit, tenant, environment, run.began, outcome)
        if outcome.bad and before is None and not bucket and not run.done:
            state_files.forget_unwritten(self._workspace, unit)
        if action == "destroy" and not outcome.bad:
            with unit_folder.locked(unit.folder(self._workspace)):
                if state_files.forget(self._workspace, unit, bucket):
                    self._forget(unit, bucket)
        return outcome

    def _environment(self, unit: Unit, tenant: Tenant | None) -> TargetEnvironment:
        found = self.command.environment(self._selection.target(unit), tenant)
        units, parallel = len(self._selection.units), self.command.parallel
        return replace(found, env=parallelism.of_terraform(found.env, units, parallel, parallelism.cores()))

    def _run_terraform(
        self,
        unit: Unit,
        gate: UnitGate | None,
        environment: TargetEnvironment,
        bucket: StateBucket | None,
        keep: Sequence[int],
    ) -> tuple[UnitRun, Outcome]:
        folder = unit.folder(self._workspace)
        with contextlib.ExitStack() as held:
            with unit_folder.locked(folder):
                self._write(unit, self._selection.tenants.get(unit.tenant))
                log = held.enter_context(run_log.claimed(folder))
                held.enter_context(self._follow(unit, log.path))
                run = UnitRun(self.command, unit, environment, log)
                if gate:
                    temporary = held.enter_context(access_rights.temporary(folder))
                    run = GatedRun(self.command, unit, environment, log, gate, temporary)
                run.keep = (*run.keep, *keep)
                failed = self._repeated(run, run.init_if_needed)
            return run, failed or self._acted(run, bucket)

    def _repeated(self, run: UnitRun, attempt: Callable[[], transient.Attempt]) -> transient.Attempt:
        """Return the last attempt's outcome, with what the earlier ones have done.

        On the local AWS there is one attempt: no fault of a program on this machine passes by itself.
        """
        if self._selection.target(run.unit) == "local":
            return attempt()

        def waits(seconds: float, fault: str) -> None:
            faults.append(fault)
            self.command.display.waits(run.unit, seconds, fault)

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
        cleanup.after(self._workspace, unit, tenant, environment, time.time_ns(), outcome)
        self._forget(unit, state_files.bucket_of(self._workspace, unit, tenant))
        return outcome

    def _acted(self, run: UnitRun, bucket: StateBucket | None) -> Outcome:
        """Run Terraform on a prepared unit, and record what an apply has confirmed."""
        if self.command.action == "plan":
            return self._repeated(run, run.act)
        if not bucket:
            state_backup.keep(self._workspace, run.unit)
        tenant = self._selection.tenants.get(run.unit.tenant)
        applied = self._fingerprints.of(run.unit, tenant) if tenant and run.action == "apply" else None
        records = ConfirmedStates(self._workspace, run.unit, bucket)
        run.expects_changes = not (applied and records.holds(applied.inputs))
        mark = records.begin()
        confirmed, gone = None, False
        try:
            outcome = self._repeated(run, run.act)
            if applied and not outcome.bad and not self._fingerprints.touched(applied):
                confirmed = applied.inputs
            gone = run.action == "destroy" and not outcome.bad
            return outcome
        finally:
            with contextlib.suppress(PressoError):  # without a record the next command runs it again
                records.end(mark, confirmed, tenant.title if tenant else "", gone=gone)

    def _forget(self, unit: Unit, bucket: StateBucket | None) -> None:
        unit_folder.remove(self._workspace, unit)
        ConfirmedStates(self._workspace, unit, bucket).forget()
        if unit in self._selection.orphaned:  # one that is declared may come back as it was judged
            unit_gate.forget(self._workspace, unit)

    def _write(self, unit: Unit, tenant: Tenant | None) -> None:
        adoption.forget(unit.folder(self._workspace))  # of a run that was killed
        # Any other unit is destroyed by its state, not by its files: they may have changed since.
        going = self.command.action == "destroy" and not unit.is_platform
        if going or unit in self._selection.orphaned:
            unit_folder.write_remains(self._workspace, unit, tenant)
        elif tenant is not None:
            # An apply comes after its platform's; a plan may run before there is a platform.
            role_exists = self.command.action != "plan" or unit.platform in self._selection.deployed
            tree = self._trees.of(tenant.use(unit.extension)) if unit.is_extension else None
            unit_folder.write(self._workspace, unit, tenant, role_exists=role_exists, tree=tree)

    def _refuse_moved(self, unit: Unit, tenant: Tenant) -> None:
        """Refuse a unit whose state is in another place; its folder is then ready for Terraform to move it.

        Raises:
            PressoError: See `state_files.refuse_moved`.
        """
        try:
            state_files.refuse_moved(self._workspace, unit, tenant)
        except PressoError:
            left = state_files.in_folder(self._workspace, unit)
            if tenant.state and not left and unit not in self._selection.orphaned:
                unit_folder.write(self._workspace, unit, tenant)
            raise
