"""plan, apply and destroy: select units → prepare their folders → run Terraform in order → outcomes."""

import contextlib
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol

from presso import tenants
from presso.errors import PressoError
from presso.interruption import Interruption, Stopped
from presso.tenants import Target, Tenant
from presso.units import (
    failure,
    run_log,
    schedule,
    state_backup,
    state_files,
    terraform,
    unit_folder,
    unsaved,
)
from presso.units import unit as units
from presso.units.outcome import Outcome, Result
from presso.units.run_log import RunLog
from presso.units.surroundings import Surroundings
from presso.units.transcript import Changes, Diagnostic, Transcript
from presso.units.unit import Unit
from presso.units.unit_tree import Trees
from presso.workspace import Workspace

Action = Literal["plan", "apply", "destroy"]
_STAMP = Path(".terraform") / "presso-stamp"
_DONE: dict[Action, Result] = {"plan": "changes", "apply": "applied", "destroy": "destroyed"}


class Display(Protocol):
    """Who wants to know how a run goes on. Called from several threads; must not raise."""

    def began(self, unit: Unit, phase: str) -> None:
        """Terraform starts on a unit: `init`, `plan`, `apply` or `destroy`."""

    def moved(self, unit: Unit, transcript: Transcript) -> None:
        """Terraform said something about a unit."""

    def ended(self, outcome: Outcome) -> None:
        """A unit is done, or will not be."""


@dataclass(frozen=True)
class Selection:
    """The units of one command, and what is known of their tenants.

    Args:
        units: Platforms before their extensions.
        tenants: Every declared tenant by name.
        undeclared: The units that stand although no tenant's file asks for them.
        standing_on: The target of each unit that stands, as its folder says.
        platforms: The platforms that stand.
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
        """Return where a unit is applied: as its tenant's file says, else where it stands."""
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
    """Return the units that a command means.

    What is destroyed is chosen from the units that are declared and those that stand; the others from the
    declared ones.

    Args:
        workspace: The checkout and its home.
        action: The command.
        patterns: As `units.select` takes them.
        everything: All units.
        with_extensions: Destroy what stands on the chosen platforms too.

    Raises:
        PressoError: A pattern matches nothing, a tenant's file is wrong, an extension to apply has no
            platform, a platform to destroy has extensions standing on it, or a unit stands on another target
            than its tenant's file says.
    """
    known = tenants.load_all(workspace, lambda name: everything or units.concerns(name, patterns))
    # The other tenants' files play no part, broken or not; their names do, for a misspelt one.
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
    """Return the selection with the targets that its units stand on.

    Raises:
        PressoError: A unit stands on another target than its tenant's file says by now: Terraform would not
            find its resources there, forget them, and leave them behind.
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
                f"{unit} stands on target {target}, but tenants/{unit.tenant}/tenant.yaml says {wanted}.",
                hint=f"Say target: {target} there and destroy it first: "
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


def _into(transcript: Transcript, then: Callable[[], None] = lambda: None) -> Callable[[str], None]:
    """Return what reads lines into a transcript, and calls `then` whenever one is worth showing."""

    def read(line: str) -> None:
        if transcript.read(line):
            then()

    return read


@dataclass
class Runs:
    """One command on a selection of units.

    Args:
        workspace: The checkout and its home.
        selection: The units.
        action: What to do with them.
        surroundings: Gives the surroundings of a target, for a tenant (None when its file is gone).
        display: Told how it goes.
        parallel: How many Terraforms at a time.
        lock_timeout: How long Terraform waits for a state's lock, such as `30s`.
    """

    workspace: Workspace
    selection: Selection
    action: Action
    surroundings: Callable[[Target, Tenant | None], Surroundings]
    display: Display
    parallel: int = field(default_factory=lambda: max(2, os.cpu_count() or 2))
    lock_timeout: str = "0s"
    interruption: Interruption = field(default_factory=Interruption)

    def __post_init__(self) -> None:
        self._trees = Trees(self.workspace)

    def execute(self) -> list[Outcome]:
        """Run every unit in order and return the outcomes; after a signal they say what it has interrupted.

        Raises:
            PressoError: No Terraform is found.
            Stopped: After a signal, unless that is deferred around this.
        """
        terraform.find()  # once, before any thread asks
        needs = schedule.needs_of(self.selection.units, reverse=self.action == "destroy")
        if self.action == "plan":
            needs = {unit: set() for unit in needs}
        with self.interruption:
            return schedule.work(
                needs,
                self._timed,
                parallel=self.parallel,
                interruption=self.interruption,
                skipped=self.display.ended,
            )

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
        tenant = self.selection.tenants.get(unit.tenant)
        bucket = state_files.bucket_of(self.workspace, unit, tenant)
        if tenant:
            self._refuse_moved(unit, tenant)
        # A broken one is an error here, before Terraform trips over it.
        before = state_files.read(self.workspace, unit, bucket)
        if self.action == "destroy" and before is None:
            unit_folder.remove(self.workspace, unit)
            return Outcome(unit, "absent")
        surroundings = self.surroundings(self.selection.target(unit), tenant)
        folder = unit.folder(self.workspace)
        with contextlib.ExitStack() as held:
            with unit_folder.locked(folder):
                self._write(unit, tenant)
                run = UnitRun(self, unit, surroundings, held.enter_context(run_log.claimed(folder)))
                failed = run.init_if_needed()
            if self.action != "plan" and not bucket:
                state_backup.keep(self.workspace, unit)
            outcome = failed or run.act()
        if outcome.bad and before is None and not bucket and not run.done:
            state_files.forget_unwritten(self.workspace, unit)
        if self.action == "destroy" and not outcome.bad:
            with unit_folder.locked(folder):
                if state_files.forget(self.workspace, unit, bucket):
                    unit_folder.remove(self.workspace, unit)
        return outcome

    def _write(self, unit: Unit, tenant: Tenant | None) -> None:
        # An extension goes as its state says, whatever has become of its files: they may have changed since.
        going = self.action == "destroy" and not unit.is_platform
        if going or unit in self.selection.undeclared:
            unit_folder.write_remains(self.workspace, unit, tenant)
        elif tenant is not None:
            # An apply comes after its platform's; a plan may come before there is any.
            stands = self.action != "plan" or unit.platform in self.selection.platforms
            tree = None if unit.is_platform else self._trees.of(tenant.use(unit.extension))
            unit_folder.write(self.workspace, unit, tenant, role_stands=stands, tree=tree)

    def _refuse_moved(self, unit: Unit, tenant: Tenant) -> None:
        """Refuse a unit whose state is elsewhere; its folder is then ready for Terraform to move it.

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


def _covers(stamp: str, wanted: Mapping[str, Any]) -> bool:
    """Whether an `init` made what is wanted now, and perhaps modules beside."""
    try:
        made = json.loads(stamp)
        return {**wanted, "modules": {}} == {**made, "modules": {}} and (
            wanted["modules"].items() <= made["modules"].items()
        )
    except (ValueError, LookupError, TypeError, AttributeError):
        return False


class UnitRun:
    """Terraform on one unit, in its prepared folder.

    Attributes:
        done: How many resources it has made, changed or removed.
    """

    def __init__(self, runs: Runs, unit: Unit, surroundings: Surroundings, log: RunLog) -> None:
        self.runs = runs
        self.unit = unit
        self.surroundings = surroundings
        self.folder = unit.folder(runs.workspace)
        self.log = log
        self.done = 0
        self._terraform = terraform.Terraform(self.folder, terraform.find(), runs.interruption)

    def init_if_needed(self, *, force: bool = False) -> Outcome | None:
        """Run `terraform init` unless the last one was for the same folder; return how it failed, if it did.

        The stamp is written last, so whatever an interrupted `init` left is thrown away by the next.
        """
        stamp = self.folder / _STAMP
        wanted = self._stamp()
        if not force and stamp.is_file() and _covers(stamp.read_text(), wanted):
            return None
        unit_folder.forget_init(self.folder, lock_file=not self.surroundings.keeps_lock)
        self.runs.display.began(self.unit, "init")
        transcript = Transcript()
        with self.surroundings.init_turn():
            # From the mirror, not attached: a run by hand finds the providers too.
            code = self._terraform.run(
                "init",
                env=self.surroundings.env,
                keep=(self.log.holder,),
                log=self.log.path,
                on_line=_into(transcript),
                json=terraform.FLAG,
                input=False,
            )
        if code == 0:
            stamp.parent.mkdir(exist_ok=True)
            stamp.write_text(json.dumps(wanted))
            return None
        failed = self._failed(transcript, code)
        if self.surroundings.control is None and transcript.lacks_providers:
            failed.diagnostics = []
            failed.message = "Terraform cannot have the providers it needs: its registry does not answer."
            failed.hint = (
                "It takes internet, a network mirror (TF_CLI_CONFIG_FILE) or a filled plugin cache. "
                "On the local target --provider offline works without."
            )
        return failed

    def act(self) -> Outcome:
        """Run the command itself; when Terraform asks for `init`, do that and run it once more."""
        transcript, code = self._attempt()
        if code == 1 and transcript.asks_for_init and not self.runs.interruption.requested:
            with unit_folder.locked(self.folder):
                failed = self.init_if_needed(force=True)
            if failed:
                return failed
            transcript, code = self._attempt()
        if code not in (0, 2):
            return self._failed(transcript, code)
        changes = transcript.applied or transcript.plan or Changes()
        outcome = self._outcome(transcript, _DONE[self.runs.action])
        outcome.changes = changes
        if not changes.total and self.runs.action != "destroy":
            outcome.result = "unchanged"
        if self.runs.action == "plan" and code == 2:  # outputs may change alone
            outcome.result = "changes"
        return outcome

    def _attempt(self) -> tuple[Transcript, int]:
        transcript = Transcript()
        action = self.runs.action
        display = self.runs.display
        options = {"detailed_exitcode" if action == "plan" else "auto_approve": terraform.FLAG}
        display.began(self.unit, action)
        with self.surroundings.providers(self.folder) as (env, keep):
            code = self._terraform.run(
                action,
                env=env,
                keep=(*keep, self.log.holder),
                log=self.log.path,
                on_line=_into(transcript, lambda: display.moved(self.unit, transcript)),
                json=terraform.FLAG,
                input=False,
                lock_timeout=self.runs.lock_timeout,
                **options,
            )
        self.done += transcript.done
        return transcript, code

    def _stamp(self) -> dict[str, Any]:
        """Return what `init` depends on, as far as presso writes it; Terraform itself asks for the rest."""
        document = json.loads((self.folder / unit_folder.FILE).read_text(encoding="utf-8"))
        binary = terraform.find()
        calls = document.get("module", {})
        return {
            "terraform": document["terraform"],
            "modules": {name: call["source"] for name, call in calls.items()},
            "binary": [*binary.command, binary.version],
            "plugins": self.surroundings.plugins,
        }

    def _outcome(self, transcript: Transcript, result: Result) -> Outcome:
        workspace = self.runs.workspace
        return Outcome(
            self.unit,
            result,
            planned=transcript.planned,
            drifted=transcript.drifted,
            diagnostics=[self._placed(diagnostic) for diagnostic in transcript.diagnostics],
            log=workspace.shown(self.log.path),
        )

    def _placed(self, diagnostic: Diagnostic) -> Diagnostic:
        """Return the diagnostic with its file as seen from the checkout."""
        if not diagnostic.file:
            return diagnostic
        path = Path(os.path.normpath(self.folder / diagnostic.file))
        staged = self.folder / unit_folder.TREE
        if path.is_relative_to(staged):  # a copy: a person has the original
            path = self.runs.workspace.root / path.relative_to(staged)
        return replace(diagnostic, file=self.runs.workspace.shown(path))

    def _failed(self, transcript: Transcript, code: int) -> Outcome:
        outcome = self._outcome(transcript, "failed")
        outcome.changes = Changes(added=0) if transcript.applied is None else transcript.applied
        workspace = self.runs.workspace
        bucket = state_files.in_folder(workspace, self.unit)
        locks = [diagnostic.lock for diagnostic in transcript.errors if diagnostic.lock]
        if lost := unsaved.after(workspace, self.unit, bucket, transcript, self.log):
            outcome.diagnostics = [each for each in outcome.diagnostics if not each.about_writing]
            outcome.message, outcome.hint = lost
        elif locks:
            outcome.diagnostics = []
            outcome.message, outcome.hint = self._lock_held(locks[0])
        elif not transcript.errors:
            last = transcript.stray[-1] if transcript.stray else "it said nothing"
            how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
            outcome.message = f"Terraform {how}: {last}"
        elif not self.unit.is_platform and any(each.denies_a_role for each in transcript.errors):
            outcome.hint = (
                "The deploy role lets in those whom "
                f"tenants/{self.unit.tenant}/tenant.yaml names under deployers, once that is applied: "
                f"presso apply {self.unit.tenant}"
            )
        return outcome

    def _lock_held(self, lock: Mapping[str, str]) -> tuple[str, str]:
        who = lock.get("Who", "somebody")
        what = lock.get("Operation", "").removeprefix("OperationType").lower() or "a run"
        since = lock.get("Created", "")[:19]
        folder = self.runs.workspace.shown(self.folder)
        message = f"The state is locked by {who}: {what}" + (f", since {since} UTC." if since else ".")
        hint = "Wait for that run to end, or let this one wait: --lock-timeout 5m."
        if lock.get("ID"):
            hint += f" If it is dead: terraform -chdir={folder} force-unlock {lock['ID']}"
        return message, hint
