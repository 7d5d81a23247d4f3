"""Terraform on one unit, in its prepared folder."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from presso import regular_file
from presso.deployment import (
    adoption,
    configuration_drift,
    state_files,
    transient,
    unfinished,
    unmanaged,
    unsaved,
)
from presso.deployment.adoption import Adopted
from presso.deployment.command import Command
from presso.deployment.outcome import Action, Outcome, Result
from presso.deployment.run_log import RunLog
from presso.deployment.state_lock import Lock
from presso.deployment.target_environment import TargetEnvironment
from presso.deployment.time_limit import TimeLimit
from presso.errors import PressoError
from presso.terraform import terraform_cli
from presso.terraform.json_stream import Changes, Diagnostic, Transcript
from presso.units import unit_folder
from presso.units.unit import Unit

# Terraform's own data folder in a unit's.
_DATA = Path(".terraform")
_STAMP = _DATA / "presso-stamp"
# The error about a resource that exists may hide later ones: a function's hides those of its permissions.
_ADOPTIONS = 8
_DONE: dict[Action, Result] = {"plan": "changes", "apply": "applied", "destroy": "destroyed"}


def _into(transcript: Transcript, then: Callable[[], None] = lambda: None) -> Callable[[str], None]:
    """Return a function that reads lines into a transcript, and calls `then` after each change to show."""

    def read(line: str) -> None:
        if transcript.read(line):
            then()

    return read


def _covers(stamp: str, wanted: Mapping[str, Any]) -> bool:
    """Whether an `init` installed the current providers and modules, and perhaps more modules."""
    try:
        made = json.loads(stamp)
        return {**wanted, "modules": {}} == {**made, "modules": {}} and (
            wanted["modules"].items() <= made["modules"].items()
        )
    except (ValueError, LookupError, TypeError, AttributeError):
        return False


def _digest(plan: Path) -> str:
    """The digest of a plan file; "" if there is none."""
    try:
        with regular_file.opened(plan) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


class InitFailed(Exception):
    """Terraform asked for `init` a second time, and that failed."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(str(outcome.unit))
        self.outcome = outcome


def without_registry(missing: Sequence[str], *, offline: bool) -> tuple[str, str]:
    """Return the message about a registry that does not respond, and the way out.

    Args:
        missing: The providers that it was asked for.
        offline: Whether Terraform has the offline providers.
    """
    from offline_aws.schema import VERSIONS

    message = (
        f"Terraform cannot download {', '.join(missing) or 'its providers'}: the registry does not respond."
    )
    mirror = "a network mirror (TF_CLI_CONFIG_FILE) or a filled plugin cache"
    if not offline:
        needs = f"It needs internet, {mirror}."
        return message, f"{needs} On the local target, --provider offline needs none of these."
    names = ", ".join(sorted(VERSIONS))
    there = f"Without internet there are these of hashicorp: {names}."
    return message, f"{there} Any other needs internet or, with --provider published, {mirror}."


class UnitRun:
    """Terraform on one unit, in its prepared folder.

    Attributes:
        done: How many resources it has created, changed or destroyed.
        keep: File descriptors that Terraform inherits.
        expects_changes: Whether an apply is likely to change it; if not, it is planned first.
        began: When it began to change the unit, kept for `deployment.unfinished`; None before that.
        limit: Requests to stop: the user's, and one when its time is over.
    """

    def __init__(
        self,
        command: Command,
        unit: Unit,
        environment: TargetEnvironment,
        log: RunLog,
        begin: terraform_cli.Begin = lambda start: start(),
        most: terraform_cli.Most | None = None,
    ) -> None:
        self.command = command
        self.unit = unit
        self.action = command.action_of(unit)
        self.environment = environment
        self.folder = unit.folder(command.workspace)
        self.log = log
        self.done = 0
        self.keep: tuple[int, ...] = (log.holder,)
        self.began: int | None = None
        self.expects_changes = True
        # Named like the log, which no other run uses; removed after the run.
        self._plan = _DATA / f"presso-{log.path.stem}.tfplan"
        self._shown_plan = self.folder / _DATA / f"presso-{log.path.stem}.json"
        self._digest = ""
        self.limit = TimeLimit(command.interruption, command.time_limit)
        self._terraform = terraform_cli.Terraform(self.folder, terraform_cli.find(), self.limit, begin, most)

    def init_if_needed(self, *, force: bool = False) -> Outcome | None:
        """Run `terraform init` unless the last one was for the same folder; return its failure, if any.

        The stamp is written last, so the next `init` discards all that an interrupted one left.
        """
        stamp = self.folder / _STAMP
        wanted = self._stamp()
        if not force and stamp.is_file() and _covers(stamp.read_text(), wanted):
            return None
        unit_folder.forget_init(self.folder, lock_file=not self.environment.keeps_lock)
        self.command.display.began(self.unit, "init")
        transcript = Transcript()
        with self.environment.init_turn():
            # Installs the providers from the mirror, without TF_REATTACH_PROVIDERS, so that a manual
            # Terraform in this folder finds them, too.
            code = self._terraform.run(
                "init",
                env=self.environment.env,
                keep=self.keep,
                log=self.log.path,
                on_line=_into(transcript),
                json=terraform_cli.FLAG,
                input=False,
            )
        if code == 0:
            stamp.parent.mkdir(exist_ok=True)
            stamp.write_text(json.dumps(wanted))
            return None
        failed = self._failed(transcript, code)
        if transcript.lacks_providers:
            failed.diagnostics = []
            offline = self.environment.control is not None
            failed.message, failed.hint = without_registry(transcript.providers_not_found, offline=offline)
        return failed

    def act(self) -> Outcome:
        """Run the command itself."""
        try:
            return self._act()
        except InitFailed as failed:
            return failed.outcome

    def _act(self) -> Outcome:
        action = self.action
        if self.command.wants_drift:
            return self._planned_with_drift()
        if action == "apply" and not self.expects_changes:
            return self._planned_first()
        options = {"detailed_exitcode" if action == "plan" else "auto_approve": terraform_cli.FLAG}
        transcript, code = self._initialised(action, **options)
        if code not in (0, 2):
            return self._adopted(transcript) or self._failed(transcript, code)
        return self._done(transcript, code)

    def _planned_with_drift(self) -> Outcome:
        try:
            transcript, code = self._planned()
            if code not in (0, 2):
                return self._failed(transcript, code)
            return self._with_drift(self._done(transcript, code), self._shown() if code == 2 else {})
        finally:
            (self.folder / self._plan).unlink(missing_ok=True)

    def _planned_first(self) -> Outcome:
        """Plan, and apply that plan if it has changes: an apply of nothing takes a fifth more than a plan."""
        try:
            transcript, code = self._planned()
            if code == 2 and self.command.interruption.requested:
                return Outcome(self.unit, "interrupted", message="planned, not applied")
            if code == 2:
                return self._apply_or_adopt(transcript)
            return (self._failed if code else self._done)(transcript, code)
        finally:
            (self.folder / self._plan).unlink(missing_ok=True)

    def _with_drift(self, outcome: Outcome, plan: Mapping[str, Any]) -> Outcome:
        outcome.drift = configuration_drift.of(plan) if self.command.wants_drift else []
        return outcome

    def _apply_or_adopt(self, transcript: Transcript) -> Outcome:
        """Apply the plan; adopt what exists already, if that is why it fails."""
        code = self._apply(transcript)
        adopted = self._adopted(transcript) if code else None
        return adopted or (self._failed if code else self._done)(transcript, code)

    def _adopted(self, transcript: Transcript) -> Outcome | None:
        """Apply again, importing the resources that exist already and are the unit's own.

        Plans with imports are judged like any other. None if there is nothing to import.
        """
        adopted: list[Adopted] = []
        outcome = None
        done = self.done
        try:
            for _ in range(_ADOPTIONS):
                taken = [error for error in transcript.errors if adoption.exists(error)]
                if self.action != "apply" or self.command.interruption.requested or not taken:
                    return outcome
                outcome, transcript = self._apply_adopting(taken, adopted)
                if not outcome.bad:
                    outcome.adopted = [each.address for each in adopted]
                    outcome.result = "applied"
                    outcome.changes.added += done
                if not outcome.bad or outcome.findings:
                    return outcome
                done = self.done
            return outcome
        finally:
            adoption.forget(self.folder)
            (self.folder / self._plan).unlink(missing_ok=True)

    def _apply_adopting(
        self, taken: Sequence[Diagnostic], adopted: list[Adopted]
    ) -> tuple[Outcome, Transcript]:
        """Apply with imports of `adopted` and of each resource that `taken` reports and the unit owns."""
        transcript, code = self._planned()
        if code != 2:
            return self._failed(transcript, code), Transcript()
        plan = self._shown()
        found = adoption.found(plan, taken, self._location(plan), () if adopted else self._unmanaged())
        known = {each.address for each in found}
        if missing := [f"{each.address} exists already" for each in taken if each.address not in known]:
            return self._not_adopted(missing, taken), Transcript()
        adopted += found
        adoption.write(self.folder, adopted)
        transcript, code = self._planned()
        if code != 2:
            return self._failed(transcript, code), Transcript()
        plan = self._shown()
        states = state_files.texts(self.command.workspace, self.command.selection.tenants.values())
        others = unmanaged.managed({unit: text for unit, text in states.items() if unit != self.unit})
        if faults := list(adoption.faults(plan, adopted, self.unit, others)):
            return self._not_adopted(faults, taken), Transcript()
        if refused := self._judged(transcript, adoption.without(plan, adopted)):
            return refused, Transcript()
        code = self._apply(transcript)
        return (self._done if code == 0 else self._failed)(transcript, code), transcript

    def _judged(self, transcript: Transcript, plan: dict[str, Any]) -> Outcome | None:
        """Return the outcome of a plan that must not be applied; None for any other."""
        return None

    def _not_adopted(self, faults: Sequence[str], taken: Sequence[Diagnostic]) -> Outcome:
        placed = [self._with_shown_file(each) for each in taken]
        places = ", ".join(dict.fromkeys(f"{each.file}:{each.line}" for each in placed if each.file))
        return Outcome(
            self.unit,
            "failed",
            message=f"{places}{': ' if places else ''}{'; '.join(faults)}. "
            "presso adopts only what is certainly the unit's own.",
            hint="Delete it, or give the new one another name; then run the same command again.",
            log=self.command.workspace.shown(self.log.path),
        )

    def _unmanaged(self) -> frozenset[tuple[str, str]]:
        """Return the keys of the unit's resources that no state holds, as far as the caller may list them."""
        tenant = self.command.selection.tenants[self.unit.tenant]
        with contextlib.suppress(PressoError):
            if access := self.environment.access(tenant):
                found = unmanaged.of_tenant(self.command.workspace, tenant, access, self.unit).resources
                return frozenset(each.key for each in found if each.marked)
        return frozenset()

    def _location(self, plan: Mapping[str, Any]) -> adoption.Location:
        tenant = self.command.selection.tenants[self.unit.tenant]
        domain = "amazonaws.com.cn" if tenant.partition == "aws-cn" else "amazonaws.com"
        queues = self.environment.env.get("AWS_ENDPOINT_URL") or f"https://sqs.{tenant.region}.{domain}"
        account = tenant.known_account or adoption.account(plan)

        def secret(name: str) -> str | None:
            from botocore.exceptions import ClientError

            access = self.environment.access(tenant)
            try:
                client = access.client("secretsmanager") if access else None
                return str(client.describe_secret(SecretId=name)["ARN"]) if client else None
            except ClientError:
                return None

        return adoption.Location(account, tenant.region, tenant.partition, queues, secret)

    def _planned(self) -> tuple[Transcript, int]:
        """Plan to a file."""
        transcript, code = self._initialised("plan", out=self._plan, detailed_exitcode=terraform_cli.FLAG)
        self._digest = _digest(self.folder / self._plan)
        return transcript, code

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

    def _initialised(self, command: str, *arguments: str, **options: Any) -> tuple[Transcript, int]:
        """Run a command; when Terraform asks for `init`, run that, then the command once more."""
        transcript = Transcript()
        code = self._attempt(transcript, command, *arguments, **options)
        if code == 1 and transcript.asks_for_init and not self.command.interruption.requested:
            with unit_folder.locked(self.folder):
                failed = self.init_if_needed(force=True)
            if failed:
                raise InitFailed(failed)
            transcript = Transcript()
            code = self._attempt(transcript, command, *arguments, **options)
        return transcript, code

    def _done(self, transcript: Transcript, code: int) -> Outcome:
        changes = transcript.applied or transcript.plan or Changes()
        outcome = self._outcome(transcript, _DONE[self.action])
        outcome.changes = changes
        if not changes.total and self.action != "destroy":
            outcome.result = "unchanged"
        if self.action == "plan" and code == 2:  # perhaps only outputs change
            outcome.result = "changes"
        return outcome

    def _attempt(self, transcript: Transcript, command: str, *arguments: str, **options: Any) -> int:
        display = self.command.display
        if command != "plan" and self.began is None:
            self.began = unfinished.begin(self.command.workspace, self.unit, command)
        display.began(self.unit, command)
        try:
            with self.environment.providers(self.folder) as (env, keep):
                return self._terraform.run(
                    command,
                    *arguments,
                    env=env,
                    keep=(*keep, *self.keep),
                    log=self.log.path,
                    on_line=_into(transcript, lambda: display.moved(self.unit, transcript)),
                    json=terraform_cli.FLAG,
                    input=False,
                    lock_timeout=self.command.lock_timeout,
                    **options,
                )
        finally:
            self.done += transcript.done

    def _stamp(self) -> dict[str, Any]:
        """Return what `init` depends on in presso's own files; Terraform detects the rest itself."""
        document = json.loads(regular_file.text(self.folder / unit_folder.FILE))
        binary = terraform_cli.find()
        calls = document.get("module", {})
        return {
            "terraform": document["terraform"],
            "modules": {name: call["source"] for name, call in calls.items()},
            "binary": [*binary.command, binary.version],
            "plugins": self.environment.plugins,
        }

    def _outcome(self, transcript: Transcript, result: Result) -> Outcome:
        workspace = self.command.workspace
        return Outcome(
            self.unit,
            result,
            # Terraform prints them as they are ready: units with the same changes get the same list.
            planned=sorted(transcript.planned, key=lambda change: change.address),
            drifted=sorted(transcript.drifted, key=lambda change: change.address),
            diagnostics=[self._with_shown_file(diagnostic) for diagnostic in transcript.diagnostics],
            log=workspace.shown(self.log.path),
        )

    def _with_shown_file(self, diagnostic: Diagnostic) -> Diagnostic:
        """Return the diagnostic with its file as seen from the checkout."""
        if not diagnostic.file:
            return diagnostic
        path = Path(os.path.normpath(self.folder / diagnostic.file))
        staged = self.folder / unit_folder.TREE
        if path.is_relative_to(staged):  # a copy: show the original
            path = self.command.workspace.root / path.relative_to(staged)
        return replace(diagnostic, file=self.command.workspace.shown(path))

    def _failed(self, transcript: Transcript, code: int) -> Outcome:
        outcome = self._outcome(transcript, "failed")
        outcome.changes = Changes(added=0) if transcript.applied is None else transcript.applied
        workspace = self.command.workspace
        bucket = state_files.in_folder(workspace, self.unit)
        locks = [diagnostic.lock for diagnostic in transcript.errors if diagnostic.lock]
        if lost := unsaved.after(workspace, self.unit, bucket, transcript, self.log):
            outcome.diagnostics = [each for each in outcome.diagnostics if not each.about_writing]
            outcome.message, outcome.hint = lost
        elif locks and not transient.fault(outcome):
            outcome.diagnostics = []
            outcome.message, outcome.hint = self._lock_held(locks[0])
        elif self.limit.over:
            outcome.message = f"Terraform took more than {self.command.time_limit:g} s and was interrupted."
            outcome.hint = "Run the same command again, or with a longer --time-limit."
        elif not transcript.errors:
            last = transcript.stray[-1] if transcript.stray else "no output"
            how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
            outcome.message = f"Terraform {how}: {last}"
        elif self.unit.is_extension and any(each.denies_a_role for each in transcript.errors):
            outcome.hint = (
                "Only principals in deployers of "
                f"tenants/{self.unit.tenant}/tenant.yaml may assume the deploy role; after changing it, run: "
                f"presso apply {self.unit.tenant}"
            )
        return outcome

    def _lock_held(self, lock: Mapping[str, str]) -> tuple[str, str]:
        held = Lock.of(self.unit, lock)
        since = f", since {held.since} UTC" if held.since else ""
        message = f"The state is locked by {held.who}: {held.what}{since}."
        hint = "Wait for that run to end, or wait for the lock: --lock-timeout 5m."
        if lock.get("ID"):
            hint += f" If that run is dead: presso state unlock {self.unit}"
        return message, hint
