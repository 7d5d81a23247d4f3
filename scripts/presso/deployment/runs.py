"""plan, apply and destroy: select units → prepare their folders → run Terraform in order → outcomes."""

import contextlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from presso import tenants
from presso.deployment import failure, judged_run, judging, run_log, schedule, state_backup, state_files
from presso.deployment.judged_run import JudgedRun
from presso.deployment.judging import Judged, Judging
from presso.deployment.outcome import Outcome
from presso.deployment.target_environment import TargetEnvironment
from presso.deployment.unit_run import UnitRun
from presso.errors import PressoError
from presso.interruption import Interruption, Stopped
from presso.tenants import Target, Tenant
from presso.terraform import terraform_cli
from presso.terraform.json_stream import Transcript
from presso.units import unit as units
from presso.units import unit_folder
from presso.units.unit import Unit
from presso.units.unit_tree import Trees
from presso.workspace import Workspace

Action = Literal["plan", "apply", "destroy"]


class Display(Protocol):
    """Receives the progress of a run. Called from several threads; must not raise."""

    def began(self, unit: Unit, phase: str) -> None:
        """Terraform starts on a unit: `init`, `plan`, `apply` or `destroy`."""

    def moved(self, unit: Unit, transcript: Transcript) -> None:
        """Terraform printed something about a unit."""

    def ended(self, outcome: Outcome) -> None:
        """A unit has ended, or will not be run."""


@dataclass(frozen=True)
class Selection:
    """The units of one command, and what is known about their tenants.

    Args:
        units: Platforms before their extensions.
        tenants: Every declared tenant by name.
        undeclared: The units that are deployed but not in any tenant's file.
        standing_on: The target of each deployed unit, from its folder.
        platforms: The deployed platforms.
    """

    units: list[Unit]
    tenants: Mapping[str, Tenant]
    undeclared: frozenset[Unit]
    standing_on: Mapping[Unit, Target] = field(default_factory=dict)
    platforms: frozenset[Unit] = frozenset()

    def targets(self) -> set[str]:
        """Return the targets of the units."""
        return {self.target(unit) for unit in self.units}

    def target(self, unit: Unit) -> Target:
        """Return a unit's target: from its tenant's file, else from its deployment."""
        tenant = self.tenants.get(unit.tenant)
        return tenant.target if tenant else self.standing_on.get(unit, "local")


def select(
    workspace: Workspace,
    action: Action,
    patterns: Sequence[str],
    *,
    everything: bool = False,
    with_extensions: bool = False,
) -> Selection:
    """Return the units that a command selects.

    Units to destroy are selected from the declared and the deployed ones; for other commands, from the
    declared ones.

    Args:
        workspace: The checkout and its home.
        action: The command.
        patterns: As `units.select` takes them.
        everything: All units.
        with_extensions: Also destroy the extensions deployed on the selected platforms.

    Raises:
        PressoError: A pattern matches nothing, a tenant's file is wrong, an extension to apply has no
            platform, a platform to destroy has deployed extensions, or a unit is deployed to another target
            than its tenant's file sets.
    """
    known = tenants.load_all(workspace, lambda name: everything or units.concerns(name, patterns))
    # The other tenants' files are not read, so they may be broken; their names serve for suggestions.
    others = [Unit(name) for name in tenants.names_of(workspace) if name not in known]
    declared = units.declared(known.values()) + others
    standing = [state.unit for state in state_files.standing(workspace, known.values())]
    undeclared = frozenset(u for u in standing if u not in declared and u.platform not in others)
    if action != "destroy":
        chosen = units.select(patterns, declared, everything=everything)
        if action == "apply":
            _refuse_without_platform(chosen, standing)
        return _settled(workspace, Selection(chosen, known, undeclared), standing)
    chosen = units.select(patterns, [*declared, *standing], everything=everything)
    if with_extensions:
        platforms = {unit for unit in chosen if unit.is_platform}
        chosen = sorted({*chosen, *(unit for unit in standing if unit.platform in platforms)})
    units.refuse_while_extensions_stand(chosen, standing)
    return _settled(workspace, Selection(chosen, known, undeclared), standing)


def _settled(workspace: Workspace, selection: Selection, standing: Sequence[Unit]) -> Selection:
    """Return the selection with the targets to which its units are deployed.

    Raises:
        PressoError: A unit is deployed to another target than its tenant's file sets now: Terraform would not
            find its resources there, drop them from the state, and leave them behind.
    """
    found = {unit: unit_folder.target(workspace, unit) for unit in {*standing} & {*selection.units}}
    settled = replace(
        selection,
        standing_on={unit: target for unit, target in found.items() if target},
        platforms=frozenset(unit for unit in standing if unit.is_platform),
    )
    for unit, target in settled.standing_on.items():
        wanted = settled.target(unit)
        if wanted != target:
            raise PressoError(
                f"{unit} is deployed to target {target}, but tenants/{unit.tenant}/tenant.yaml now sets "
                f"target: {wanted}.",
                hint=f"Set target: {target} again and destroy it before switching: "
                f"presso destroy {unit.tenant} --with-extensions",
            )
    return settled


def _refuse_without_platform(chosen: Sequence[Unit], standing: Sequence[Unit]) -> None:
    there = {*chosen, *standing}
    missing = sorted({unit.platform for unit in chosen} - there)
    if missing:
        names = " ".join(str(unit) for unit in missing)
        first = next(unit for unit in chosen if unit.platform == missing[0])
        raise PressoError(
            f"{first} needs its tenant's platform, and {missing[0]} is not applied.",
            hint=f"Apply it first, or together: presso apply {names} {' '.join(str(u) for u in chosen)}",
        )


@dataclass
class Runs:
    """One command on a selection of units.

    Args:
        workspace: The checkout and its home.
        selection: The units.
        action: What to do with them.
        environment: Returns the environment of a target, for a tenant (None when its file is gone).
        display: Receives the progress.
        parallel: The number of Terraform runs at a time.
        lock_timeout: How long Terraform waits for a state's lock, such as `30s`.
    """

    workspace: Workspace
    selection: Selection
    action: Action
    environment: Callable[[Target, Tenant | None], TargetEnvironment]
    display: Display
    parallel: int = field(default_factory=lambda: max(2, os.cpu_count() or 2))
    lock_timeout: str = "0s"
    interruption: Interruption = field(default_factory=Interruption)

    def __post_init__(self) -> None:
        self._trees = Trees(self.workspace)
        self._judging = Judging(self.workspace, self._trees)
        self._judged: dict[Unit, Judged | Outcome] = {}

    def execute(self) -> list[Outcome]:
        """Run every unit in order and return the outcomes; after a signal they include the interrupted ones.

        Raises:
            PressoError: No Terraform is found.
            Stopped: After a signal, unless that is deferred around this.
        """
        terraform_cli.find()  # once, before the threads start
        needs = schedule.needs_of(self.selection.units, reverse=self.action == "destroy")
        if self.action == "plan":
            needs = {unit: set() for unit in needs}
        with self.interruption, self._judging:
            self.judge()
            return schedule.work(
                needs,
                self._timed,
                parallel=self.parallel,
                interruption=self.interruption,
                skipped=self.display.ended,
            )

    def judge(self) -> None:
        """Judge the extensions to plan or apply, before any unit starts: in the main thread alone."""
        for unit in self.selection.units if self.action != "destroy" else ():
            tenant = self.selection.tenants.get(unit.tenant)
            stays = unit.is_platform or unit in self.selection.undeclared or tenant is None
            if stays or tenant is None or self.interruption.requested:
                continue
            try:
                judged = self._judging.of(unit, tenant)
            except Exception as error:
                self._judged[unit] = failure.outcome(self.workspace, unit, error)
            else:
                self._judged[unit] = judged_run.refusal(judged) or judged

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
        self.display.ended(outcome)
        return outcome

    def _run(self, unit: Unit) -> Outcome:
        judged = self._judged.get(unit)
        if isinstance(judged, Outcome):
            return judged
        tenant = self.selection.tenants.get(unit.tenant)
        bucket = state_files.bucket_of(self.workspace, unit, tenant)
        if tenant:
            self._refuse_moved(unit, tenant)
        # A broken state is reported here, before Terraform fails on it.
        before = state_files.read(self.workspace, unit, bucket)
        if self.action == "destroy" and before is None:
            self._forget(unit)
            return Outcome(unit, "absent")
        environment = self.environment(self.selection.target(unit), tenant)
        folder = unit.folder(self.workspace)
        with contextlib.ExitStack() as held:
            with unit_folder.locked(folder):
                self._write(unit, tenant)
                log = held.enter_context(run_log.claimed(folder))
                run = (
                    JudgedRun(self, unit, environment, log, judged)
                    if judged
                    else UnitRun(self, unit, environment, log)
                )
                failed = run.init_if_needed()
            if self.action != "plan" and not bucket:
                state_backup.keep(self.workspace, unit)
            outcome = failed or run.act()
        if outcome.bad and before is None and not bucket and not run.done:
            state_files.forget_unwritten(self.workspace, unit)
        if self.action == "destroy" and not outcome.bad:
            with unit_folder.locked(folder):
                if state_files.forget(self.workspace, unit, bucket):
                    self._forget(unit)
        return outcome

    def _forget(self, unit: Unit) -> None:
        unit_folder.remove(self.workspace, unit)
        judging.forget(self.workspace, unit)

    def _write(self, unit: Unit, tenant: Tenant | None) -> None:
        # An extension is destroyed by its state, not by its files: they may have changed since.
        going = self.action == "destroy" and not unit.is_platform
        if going or unit in self.selection.undeclared:
            unit_folder.write_remains(self.workspace, unit, tenant)
        elif tenant is not None:
            # An apply comes after its platform's; a plan may run before there is a platform.
            stands = self.action != "plan" or unit.platform in self.selection.platforms
            tree = None if unit.is_platform else self._trees.of(tenant.use(unit.extension))
            unit_folder.write(self.workspace, unit, tenant, role_stands=stands, tree=tree)

    def _refuse_moved(self, unit: Unit, tenant: Tenant) -> None:
        """Refuse a unit whose state is in another place; its folder is then ready for Terraform to move it.

        Raises:
            PressoError: See `state_files.refuse_moved`.
        """
        try:
            state_files.refuse_moved(self.workspace, unit, tenant)
        except PressoError:
            left = state_files.in_folder(self.workspace, unit)
            if tenant.state and not left and unit not in self.selection.undeclared:
                unit_folder.write(self.workspace, unit, tenant)
            raise
