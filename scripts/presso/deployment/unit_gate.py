"""The gate judges extensions before an apply, for the tenant concerned; then their plans and states.

A verdict is kept in presso's home, under a key of everything that it depends on, so that an extension that
has passed is not planned twice. It is not in the unit's folder: the extension's own Terraform writes there.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from presso import atomic, platform_settings, regular_file, tenants
from presso.deployment import state_files
from presso.errors import PressoError
from presso.extension_tree import ExtensionTree
from presso.folders import files_below, remove_empty
from presso.tenants import Tenant
from presso.terraform import terraform_cli
from presso.units.unit import Unit
from presso.units.unit_tree import Trees
from presso.workspace import Workspace

if TYPE_CHECKING:
    from presso.gate.case import Case
    from presso.gate.judge import Judge
    from presso.gate.judge_process import Judged
    from presso.gate.plan_comparison import PredictedPlan
    from presso.gate.plan_entries import PlanEntries
    from presso.gate.report import Finding
    from presso.gate.shown_settings import Going
    from presso.gate.tenant_verdicts import TenantVerdict


# The prefix of a queue's URL on the local AWS; the account follows.
_LOCAL_QUEUE = re.compile(r"http://(?:127\.0\.0\.1|localhost)(?::\d+)?/(?=\d{12}/)")
# All Python that a verdict may depend on; an installed presso lies beside other packages.
_PACKAGES = ("presso", "offline_aws", "event_patterns")
# Tenants that one plan is made for: with more of them it takes more memory, and for each as long.
_MOST_TOGETHER = 8


@dataclass
class CommandGate:
    """The gate for the extensions of one command.

    Args:
        workspace: The checkout.
        trees: The extensions' files.
        of_checkout: What verdicts depend on beside their case, from before the first one; else as it is now.
    """

    workspace: Workspace
    trees: Trees
    of_checkout: str = ""
    _held: ExitStack = field(default_factory=ExitStack)
    _judge: Judge | None = None
    _lock: Any = field(default_factory=threading.RLock)

    def __enter__(self) -> CommandGate:
        """Use it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the gate if it was started."""
        self._held.close()

    @property
    def judge(self) -> Judge:
        """The gate in this process, for what a real plan or state shows and the judged plan did not.

        Raises:
            PressoError: It does not start.
        """
        from presso.gate.judge import Judge

        with self._lock:
            if self._judge is None:
                self._judge = self._held.enter_context(Judge(self.workspace))
            return self._judge

    def of(self, unit: Unit, tenant: Tenant) -> UnitGate:
        """Return the gate for a unit, which has no verdict yet.

        Raises:
            PressoError: It cannot be judged: its version does not exist, or its account cannot be looked up.
        """
        case = self.case(unit, tenant)
        return UnitGate(self, unit, case, self.key(case), tenant.is_local)

    def case(self, unit: Unit, tenant: Tenant) -> Case:
        """Return what is judged of an extension in a tenant."""
        from presso.gate.case import Case
        from presso.gate.model import Facts

        use = tenant.use(unit.extension)
        account = tenant.known_account
        if account is None:
            from presso.aws_access import access

            account = access(self.workspace, tenant).account
        prefix = platform_settings.load(self.workspace).sources.prefix
        name, region = unit.extension, tenant.region
        facts = Facts(name, tenant.name, account, region, given=use.variables, source_prefix=prefix)
        return Case(self.trees.of(use), facts, use.quotas)

    def key(self, case: Case) -> str:
        """Return the digest of everything that a verdict depends on."""
        tree, facts = case.tree, case.facts
        modules = tree.modules.digest if isinstance(tree.modules, ExtensionTree) else ""
        parts = [
            *(tree.tree.digest, modules, self._key_of_checkout, asdict(case.quotas)),
            *(facts.extension, facts.tenant, facts.account, facts.region, facts.given),
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    @cached_property
    def _key_of_checkout(self) -> str:
        return self.of_checkout or key_of_checkout(self.workspace)


def together(gates: Iterable[UnitGate]) -> list[list[UnitGate]]:
    """Return gates in groups: one plan may do for the same files and variables in several tenants."""
    alike: dict[str, list[UnitGate]] = {}
    for gate in gates:
        alone = gate.case.tree.tree.faults or not isinstance(gate.case.tree.modules, Path)
        alike.setdefault(str(gate.unit) if alone else _files_and_variables(gate.case), []).append(gate)
    return [
        each[start : start + _MOST_TOGETHER]
        for each in alike.values()
        for start in range(0, len(each), _MOST_TOGETHER)
    ]


def _files_and_variables(case: Case) -> str:
    """What is the same for all that are judged together."""
    return json.dumps([case.tree.tree.name, case.tree.tree.digest, case.facts.given], sort_keys=True)


def key_of_checkout(workspace: Workspace) -> str:
    """Return the digest of the gate itself, the platform's modules with the catalog, waivers, and extensions.

    Raises:
        PressoError: There is no Terraform.
    """
    listed = [stamp for package in _PACKAGES for stamp in _listed(Path(__file__).parents[2] / package)]
    listed += [*_listed(workspace.modules), *_listed(workspace.extensions)]
    for name in ("waivers.yaml", platform_settings.FILE):
        listed += _listed(workspace.root / name)
    listed += _listed(workspace.root / platform_settings.CATALOG)
    today = tenants.today().isoformat()  # waivers expire
    parts = [*sorted(listed), today, terraform_cli.find().version]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _listed(folder: Path) -> Iterator[str]:
    """Each file with a stamp that changes whenever its content does."""
    for path in files_below(folder, ["__pycache__"]) or [folder]:
        with contextlib.suppress(FileNotFoundError):  # removed meanwhile
            status = path.stat()
            yield f"{path} {status.st_size} {status.st_mtime_ns}"


@dataclass
class UnitGate:
    """The gate for one unit: has the verdict on its extension; judges Terraform's plan of it, then its state.

    Args:
        command: The gate of its command.
        unit: The unit.
        case: What is judged.
        key: The key of the verdict.
        local: Whether it is applied on the local AWS.
        gone: The settings that the judged plan removes or changes.
        late: Addresses and paths of what that plan does not know.
        predicted: The judged plan, unless it is put away.
    """

    command: CommandGate
    unit: Unit
    case: Case
    key: str
    local: bool
    findings: Sequence[Finding] = ()
    predicted: PredictedPlan | None = None
    state_digest: str = ""
    gone: Sequence[Going] = ()
    late: Sequence[tuple[str, str]] = ()
    _put_away: str = ""
    _is_kept: bool = False

    def judged(self, found: Judged) -> None:
        """Use what the gate has found."""
        self.findings, self.predicted = found.findings, found.predicted

    @property
    def has_verdict(self) -> bool:
        """Whether a verdict is kept for it."""
        return bool(self._put_away)

    def plan(self, plan: Mapping[str, Any]) -> Sequence[Finding]:
        """Return the findings that reject Terraform's real plan, as `terraform show -json` prints it."""
        from presso.gate.shown_settings import going

        assert self.predicted is not None
        self.gone = [*going(plan)]
        command, entries = self.command, self._as_on_aws(self.predicted.entries_of(plan))
        self.late = [*self.predicted.late(entries)]
        found: list[Finding] = []
        if faults := self.predicted.faults(plan):
            found += command.judge.plan_differs(self.case, faults)
        if undecided := list(self.predicted.undecided(entries)):
            found += command.judge.values_unknown(self.case, self.predicted, undecided)
        return [*(_refusing(found) if found else ()), *self._judged(self.predicted.completed(entries))]

    def limit_exceeded(self, what: str) -> Sequence[Finding]:
        """Return the finding about a Terraform that took too much."""
        return self.command.judge.limit_exceeded(self.case, what)

    def state(self, text: str, *, whole: bool) -> Sequence[Finding]:
        """Return the findings of a state after the apply; none if it is the one that was judged last.

        Args:
            whole: Whether the apply was complete. A partly applied extension may route nothing (promise 2).
        """
        assert self.predicted is not None
        if not text or self._judged_before(text):
            return ()
        there = self._as_on_aws(self.predicted.entries_in(json.loads(text), self.gone))
        completed = self.predicted.completed(there)
        if self.predicted.agrees(completed, of_state=True):
            return self._kept(text, ())
        found = [*self._judged_again(completed), *self._chosen(there)]
        return self._kept(text, [finding for finding in found if whole or finding.check.promise != "P2"])

    def _chosen(self, there: PlanEntries) -> Sequence[Finding]:
        """The findings for what the plan did not know, and is another than was predicted and judged."""
        from presso.gate import predictions

        assert self.predicted is not None
        changed = [*predictions.changed(self.predicted.entries, there, self.late)]
        if not changed:
            return ()
        return _refusing(self.command.judge.values_changed(self.case, self.predicted, changed))

    def unchanged(self, text: str, shown: Callable[[], Mapping[str, Any]]) -> Sequence[Finding]:
        """Return the findings of a state that needs no apply; none if it was judged last.

        Args:
            shown: Returns the plan without changes. It has what Terraform read; the state may be older.
        """
        return () if not text or self._judged_before(text) else self._kept(text, self.plan(shown()))

    def _judged_before(self, text: str) -> bool:
        return hashlib.sha256(text.encode()).hexdigest() == self.state_digest

    def _kept(self, text: str, found: Sequence[Finding]) -> Sequence[Finding]:
        self.state_digest = "" if found else hashlib.sha256(text.encode()).hexdigest()
        self.keep()
        return found

    def keep(self) -> None:
        """Keep the verdict for the next command.

        Raises:
            PressoError: It cannot be written.
        """
        assert self.predicted is not None
        kept = {"key": self.key, "state": self.state_digest, "predicted": self.predicted.as_json()}
        try:
            atomic.write(self._file, json.dumps(kept), mode=0o600)  # like a state, it may hold secrets
        except OSError as error:
            raise PressoError(f"{self._file} cannot be written: {error.strerror}.") from error

    def put_away(self) -> None:
        """Keep the verdict, and have it in memory no more until `take_up`: a fleet's would take gigabytes.

        Raises:
            PressoError: It cannot be written.
        """
        if not self._is_kept:
            self.keep()
        self._put_away, self.predicted = self._digest(), None

    def take_up(self) -> None:
        """Have the verdict in memory again.

        Raises:
            PressoError: What was kept is another one now.
        """
        before, self._put_away = self._put_away, ""
        if before and not (self.known() and self._digest() == before):
            raise PressoError(
                f"{self.unit}: another run has judged the extension meanwhile.",
                hint="Run the same command again.",
            )

    def _digest(self) -> str:
        assert self.predicted is not None
        return hashlib.sha256(json.dumps(self.predicted.as_json(), sort_keys=True).encode()).hexdigest()

    @property
    def _file(self) -> Path:
        return _file(self.command.workspace, self.unit)

    def _as_on_aws(self, entries: PlanEntries) -> PlanEntries:
        """Return entries with the queue URLs of AWS in place of the local AWS's."""
        if not self.local:
            return entries
        facts = self.case.facts
        place = f"https://sqs.{facts.region}.{facts.dns_suffix}/"
        return {address: entry.replaced(_LOCAL_QUEUE, place) for address, entry in entries.items()}

    def _judged(self, entries: PlanEntries) -> Sequence[Finding]:
        assert self.predicted is not None
        return () if self.predicted.agrees(entries) else self._judged_again(entries)

    def _judged_again(self, entries: PlanEntries) -> Sequence[Finding]:
        assert self.predicted is not None
        found = self.command.judge.judge_entries(self.case, self.predicted, entries)
        return _refusing(found)

    def known(self) -> bool:
        """Return whether there is a kept verdict, which is used then."""
        from presso.gate.plan_comparison import PredictedPlan

        try:
            kept = json.loads(regular_file.text(self._file))
            if kept["key"] != self.key:
                return False
            self.predicted, self.state_digest = PredictedPlan.from_json(kept["predicted"]), str(kept["state"])
            self._is_kept = True
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            return False
        return True


def keep_checked(workspace: Workspace, verdicts: Sequence[TenantVerdict], of_checkout: str) -> None:
    """Keep what a check has found about the tenants of a checkout: an apply there needs no other plan.

    Args:
        workspace: The checkout.
        verdicts: On extensions that have passed. Those on other files than would be applied are not kept.
        of_checkout: `key_of_checkout` from before the check: what has changed since was not judged.
    """
    with CommandGate(workspace, Trees(workspace), of_checkout) as command:
        for verdict in verdicts:
            with contextlib.suppress(PressoError):  # an apply judges it then, and reports that
                _keep_checked(command, verdict)


def _keep_checked(command: CommandGate, verdict: TenantVerdict) -> None:
    facts = verdict.facts
    unit, tenant = Unit(facts.tenant, facts.extension), tenants.load(command.workspace, facts.tenant)
    if tenant.known_account is None:
        return
    case = command.case(unit, tenant)
    same_files = case.tree.tree.digest == verdict.digest and isinstance(case.tree.modules, Path)
    if same_files and (case.facts, case.quotas) == (facts, verdict.quotas):
        gate = UnitGate(command, unit, case, command.key(case), tenant.is_local)
        if not gate.known():  # one that is kept has the digest of a state, too
            gate.predicted = verdict.predicted
            gate.keep()


def judged(workspace: Workspace, known: Iterable[Tenant]) -> list[Unit]:
    """Return the extensions of tenants that have a kept verdict: an apply would not judge them again.

    Raises:
        PressoError: There is no Terraform.
    """
    found = []
    with CommandGate(workspace, Trees(workspace), key_of_checkout(workspace)) as command:
        for tenant in known:
            for use in tenant.extensions if tenant.known_account else ():
                unit = Unit(tenant.name, use.name)
                with contextlib.suppress(PressoError, OSError):  # such as a version that does not exist
                    case = command.case(unit, tenant)
                    if UnitGate(command, unit, case, command.key(case), tenant.is_local).known():
                        found.append(unit)
    return found


def forget(workspace: Workspace, unit: Unit) -> None:
    """Remove the kept verdict of an extension."""
    file = _file(workspace, unit)
    file.unlink(missing_ok=True)
    remove_empty(file.parents[:2])


def _file(workspace: Workspace, unit: Unit) -> Path:
    return workspace.home / "judged" / unit.tenant / f"{unit.extension}.json"


def _refusing(findings: Sequence[Finding]) -> list[Finding]:
    from presso.gate.judge import refuses

    return list(filter(refuses, findings))


def state_of(workspace: Workspace, unit: Unit, tenant: Tenant) -> str:
    """Return the text of a unit's state; "" where there is none.

    Raises:
        PressoError: AWS denies reading it.
    """
    bucket = state_files.bucket_of(workspace, unit, tenant)
    if bucket:
        from presso.units import state_bucket

        found = state_bucket.read(bucket, unit)
        return found[0] if found else ""
    try:
        return regular_file.text(unit.state(workspace))
    except FileNotFoundError:
        return ""
