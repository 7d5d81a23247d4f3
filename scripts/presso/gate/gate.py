"""`presso check`: read → judge the text → plan → judge the plan → try it → judge what it did → report."""

from __future__ import annotations

import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from presso import names
from presso.errors import PressoError, UsageError
from presso.extension_tree import ExtensionTree
from presso.gate import folder, limits, plan_model, predictions, static_model
from presso.gate.changed import unread
from presso.gate.checks import CHECKS, all_checks
from presso.gate.checks.safety import outdated
from presso.gate.elsewhere import Elsewhere, differences, drawn
from presso.gate.model import ExtensionText, Facts, Hit, Level, Model, Place
from presso.gate.planner import Planner
from presso.gate.report import Finding, Report
from presso.gate.waivers import Waivers
from presso.json_text import DEEPEST
from presso.nearest import did_you_mean
from presso.packages import packages
from presso.packages.faults import Uninstallable
from presso.quotas import Quotas
from presso.terminal import printable
from presso.terraform.confined_terraform import Refused
from presso.terraform.terraform_cli import TooLong
from presso.workspace import Workspace

if TYPE_CHECKING:
    from presso.catalog.events import Catalog
    from presso.catalog.rules import Rules
    from presso.extensions import Extension
    from presso.gate.sandbox.sandbox import Sandbox
    from presso.packages.contents import Dependency
    from presso.tenants import Tenant

STATIC_SECONDS = 20.0
# Tenants of the checkout that one check plans for, those that list the extension first.
_MOST_TENANTS = 12
_MOST_METADATA_BYTES = 64 * 1024
_OPENING = (yaml.FlowMappingStartToken, yaml.FlowSequenceStartToken)
_CLOSING = (yaml.FlowMappingEndToken, yaml.FlowSequenceEndToken)
Hits = list[tuple[str, Hit]]


class _Core(Workspace):
    """The checkout without extensions: a broken one must not prevent checks of the others."""

    @property
    def extensions(self) -> Path:
        return self.root / "no-extensions"


class Gate:
    """Checks extensions of one checkout.

    Args:
        workspace: The checkout: its modules, its catalog.
        level: The level of the check.
        planner: The environment for plans; created for the time that this is entered, if not given.
        sandbox: The sandbox; likewise.
        waivers: Whether waivers.yaml applies.
        weak: Whether to run extensions where this machine cannot confine them with namespaces.

    Attributes:
        compared: Called with each extension that is the same in all tenants, the tenants and their plan.
    """

    def __init__(
        self,
        workspace: Workspace,
        level: Level,
        planner: Planner | None = None,
        sandbox: Sandbox | None = None,
        *,
        waivers: bool = True,
        weak: bool = False,
    ) -> None:
        self.workspace = workspace
        self.level = level
        self.waivers = Waivers.load(workspace) if waivers else Waivers()
        self.weak = weak
        self.compared: Callable[[Model, Sequence[Elsewhere], dict[str, Any]], None] = lambda *_: None
        self._planner = planner
        self._sandbox = sandbox
        self._held = ExitStack()

    def __enter__(self) -> Gate:
        """Enter the gate; on exit, end the processes that it started."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes that were started."""
        self._held.close()

    @property
    def planner(self) -> Planner:
        """The environment for plans; started for the first extension.

        Raises:
            PressoError: It does not start.
        """
        if self._planner is None:
            self._planner = self._held.enter_context(Planner(self.workspace))
        return self._planner

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox; started for the first extension.

        Raises:
            PressoError: It does not start.
        """
        if self._sandbox is None:
            from presso.gate.sandbox.sandbox import Sandbox

            self._sandbox = self._held.enter_context(Sandbox(self.workspace, weak=self.weak))
        return self._sandbox

    @cached_property
    def catalog(self) -> Catalog:
        """The events of the catalog."""
        from presso.catalog.events import Catalog

        try:
            return Catalog.load(self.workspace)
        except UsageError:
            return Catalog.load(_Core(self.workspace.root, self.workspace.home))

    @cached_property
    def rules_of_others(self) -> Rules:
        """The event rules of the checkout's modules and extensions."""
        from presso.catalog.rules import Rules

        try:
            return Rules.load(self.workspace).with_declared(self.workspace)
        except UsageError:
            return Rules.load(_Core(self.workspace.root, self.workspace.home))

    def check(self, target: str) -> Report:
        """Check one extension: a name, or the path of its folder.

        Raises:
            UsageError: There is nothing of that name.
            PressoError: The gate itself fails.
        """
        root = find(self.workspace, target)
        # Once, and before the files are judged: waivers cover neither later findings nor unreadable files.
        tree = ExtensionTree.read(root)
        report = partial(self._report, root, "" if tree.faults else tree.digest, time.monotonic())
        if hits := _unfit(root, tree):
            return report(None, hits)
        with _noted(hits), tempfile.TemporaryDirectory(prefix="presso-judged-") as place:
            copy = root if tree.faults else tree.stage(Path(place) / "tree", self.workspace.modules)
            return self._checked(copy, report, unread(self.workspace, root))
        return report(None, hits)

    def _checked(self, root: Path, report: Callable[[Model | None, Hits], Report], more: Hits) -> Report:
        model, hits = self.read(root, Facts.made_up(root.name), self._quotas(root.name))
        hits += more
        if model is None or self.level == "static" or unsafe(hits):
            return report(model, hits)
        if self.level == "sandbox":
            model = replace(model, facts=self.sandbox.facts_of(root.name))
        model, hits, plan = self.planned(model, hits)
        planned = report(model, hits)
        if plan is not None and planned.passed:
            hits = [*hits, *self._elsewhere(model, plan)]
            planned = report(model, hits)
        if self.level == "plan" or not (planned.planned and planned.passed):
            return planned
        model = self.sandbox.tried(model)
        found = [*hits, *_lacking(model)]
        with _noted(found):
            found += run_checks(model)
        return report(model, found)

    def read(self, root: Path, facts: Facts, quotas: Quotas) -> tuple[Model | None, Hits]:
        """Read an extension; return it (None where it cannot be read) and the findings on its text.

        Args:
            root: The folder, with the extension's name.
            quotas: The quotas in that tenant.
        """
        hits: Hits = []
        with _noted(hits), limits.within(STATIC_SECONDS):
            return self._read(root, facts, quotas)
        return None, hits

    def _read(self, root: Path, facts: Facts, quotas: Quotas) -> tuple[Model, Hits]:
        text = folder.read(root)
        metadata, lines, hits = metadata_of(root, text)
        resources = (
            () if any(number == "S-008" for number, _ in text.hits) else static_model.resources(text, facts)
        )
        model = Model(
            facts=facts,
            text=text,
            resources=resources,
            level="static",
            metadata=metadata,
            catalog=self.catalog,
            rules_of_others=lambda: self.rules_of_others,
            metadata_lines=lines,
            quotas=quotas,
        )
        hits += text.hits
        if any(number in ("S-001", "S-008") for number, _ in hits):
            return model, hits  # a partial plan would be judged otherwise
        if old := list(outdated(text)):
            return model, [*hits, *(("S-017", hit) for hit in old)]
        return model, hits + list(run_checks(model))

    def _elsewhere(self, model: Model, plan: dict[str, Any]) -> Hits:
        """What is found where it is planned for other tenants: made-up ones, and those of this checkout."""
        name, hits = model.facts.extension, Hits()
        others = drawn(name)
        uses = [
            (tenant, next((u for u in tenant.extensions if u.name == name), None)) for tenant in self.tenants
        ]
        for tenant, use in sorted(uses, key=lambda found: found[1] is None)[:_MOST_TENANTS]:
            account = tenant.known_account or others[0].facts.account
            facts = Facts(name, tenant.name, account, tenant.region, given=use.variables if use else {})
            if facts.given:
                hits += self._there(model, facts, use.quotas if use else Quotas())
            else:
                others.append(Elsewhere(facts, is_drawn=False))
        found: Hits = []
        try:
            beside = self.planner.plan_beside(model.text.root, others, model.text)
            with _noted(found), limits.within(STATIC_SECONDS):
                found += differences(model, plan, others, beside)
            if not (found or hits):
                self.compared(model, others, beside)
        except TooLong as error:
            found.append(("S-009", Hit(Place("main.tf"), str(error))))
        except Refused as error:
            found += _refusals(model, error, "in another tenant, or with what AWS computes unknown: ")
        return [*hits, *found]

    def _there(self, model: Model, facts: Facts, quotas: Quotas) -> Hits:
        """What is found where a tenant sets the extension's variables: nothing else is to be compared."""
        there, hits = self.read(model.text.root, facts, quotas)
        return hits if there is None or unsafe(hits) else self.planned(there, hits)[1]

    def _quotas(self, extension: str) -> Quotas:
        """The largest quotas that a tenant of this checkout grants an extension."""
        most = Quotas()
        for tenant in self.tenants:
            for use in tenant.extensions:
                most = most.most(use.quotas) if use.name == extension else most
        return most

    @cached_property
    def tenants(self) -> tuple[Tenant, ...]:
        """The tenants of the checkout whose files can be read."""
        from presso import tenants

        found = []
        for name in tenants.names_of(self.workspace):
            with suppress(UsageError):
                found.append(tenants.load(self.workspace, name))
        return tuple(found)

    def planned(
        self,
        model: Model,
        hits: Hits,
        modules: ExtensionTree | None = None,
        refusing: Callable[[str], bool] = lambda number: CHECKS[number].severity == "error",
    ) -> tuple[Model, Hits, dict[str, Any] | None]:
        """Plan the extension: return the findings on the plan's values, and the plan; None without one.

        Args:
            model: The result of `read`.
            hits: Its findings.
            modules: The platform's modules for the extension, when not those of the checkout.
            refusing: Returns whether a finding of a check (its id) explains a plan that fails.
        """
        kept = [hit for hit in hits if CHECKS[hit[0]].find is None]
        unread: Hits = []
        try:
            with _noted(unread):
                built = packages.of_extension(self.workspace, model.text.tree, model.facts.given)
                model = replace(model, packages=tuple(built))
            if unread:
                return model, hits + unread, None
            plan, chosen = self._plan(model, modules)
        except TooLong as error:
            return model, [*hits, ("S-009", Hit(Place("main.tf"), str(error)))], None
        except Uninstallable as error:
            place = Place(error.file, error.line)
            return model, [*hits, ("S-018", Hit(place, error.found, error.hint))], None
        except Refused as error:
            if any(refusing(number) for number, _ in hits):
                return model, hits, None  # these findings explain it
            return model, [*hits, *_refusals(model, error)], None
        noted: Hits = []
        with _noted(noted), limits.within(STATIC_SECONDS):
            planned = plan_model.planned(model, plan)
            chosen += [("P1-044", hit) for hit in predictions.choices(planned, plan)]
            return planned, [*kept, *run_checks(planned), *chosen], plan
        return model, hits + noted, None

    def _plan(self, model: Model, modules: ExtensionTree | None) -> tuple[dict[str, Any], Hits]:
        """The plan, and where Terraform refuses it with other predictions of what is set by chance."""
        plan = partial(self.planner.plan, model.text.root, model.facts, modules, model.text)
        others = predictions.in_text(model.text)
        found = {} if others else plan()
        if found and not predictions.in_plan(found):
            return found, []  # otherwise Terraform reads more than the text shows, or a building block has it
        try:
            return plan(others=True), []
        except Refused as refused:
            found = found or plan()
            hits = _refusals(model, refused, "it is chosen by what only AWS knows, with another value: ")
            return found, [("P1-044", hit) for _, hit in hits]

    def _report(self, root: Path, digest: str, since: float, model: Model | None, hits: Hits) -> Report:
        facts = model.facts if model else Facts.made_up(root.name)
        findings = self.findings(hits, root, digest, facts.anonymised)
        counts = Counter(resource.type for resource in model.managed) if model else Counter()
        return Report(
            extension=printable(root.name),
            level=self.level,
            planned=model is not None and model.level != "static",
            findings=findings,
            digest=digest,
            lapsed=tuple(self.waivers.lapsed(root.name, [f.check.id for f in findings], digest)),
            seconds=time.monotonic() - since,
            resources=dict(sorted(counts.items())),
            brought_in=_brought_in(model) if model else (),
            did=model.did if model else None,
            anonymised=facts.anonymised,
        )

    def findings(
        self, hits: Hits, root: Path, digest: str, anonymised: Callable[[str], str] = str
    ) -> tuple[Finding, ...]:
        """Return the findings in the order of the checks.

        Args:
            hits: The hits.
            root: The extension's folder as the user knows it.
            digest: The digest of its files.
            anonymised: Replaces the names of the made-up tenant in a text.
        """
        findings = []
        checks = all_checks()
        for number, hit in dict.fromkeys(hits):
            check = checks[number]
            findings.append(
                Finding(
                    check=check,
                    file=printable(self.workspace.shown(root / hit.place.file)),
                    line=hit.place.line,
                    found=printable(anonymised(hit.found).rstrip(".")),
                    fix=printable(hit.fix or check.fix, keep="\n"),
                    waiver=self.waivers.find(root.name, check, digest) if check.waivable else None,
                )
            )
        order = list(checks)
        findings.sort(key=lambda f: (order.index(f.check.id), f.file, f.line, f.found))
        return tuple(findings)


def _refusals(model: Model, refused: Refused, when: str = "") -> Hits:
    """A finding for each of Terraform's errors."""
    errors = (refused, *refused.others)
    return [("S-010", Hit(_place_of(model, error), f"{when}{error}")) for error in errors]


def _place_of(model: Model, error: Refused) -> Place:
    """Where an error is; one in a building block is where the extension calls it."""
    name = re.match(r"module\.\w+\.module\.([\w-]+)", error.address)
    calls = (block for block in model.text.blocks.get("", ()) if block.type == "module" and block.labels)
    call = next((block for block in calls if name and block.labels[0] == name[1]), None)
    return Place(call.file, call.line) if call else Place(error.file, error.line)


def _brought_in(model: Model) -> tuple[Dependency, ...]:
    """What its functions' packages have beside its code."""
    return tuple(dict.fromkeys(each for package in model.packages or () for each in package.contents))


@contextmanager
def _noted(hits: Hits) -> Iterator[None]:
    """Turn an error in reading the extension into a finding: the other checks go on."""
    try:
        yield
    except limits.Exceeded as error:
        hits.append(("S-009", Hit(Place("main.tf"), str(error))))
    except (PressoError, Refused, TooLong):
        raise  # the gate's own failure, or one that is reported elsewhere
    except Exception as error:  # what unexpected text raises must neither pass nor stop the other checks
        what = f"the gate cannot read it ({type(error).__name__}: {error})"
        hits.append(("S-001", Hit(Place("main.tf"), what)))


def find(workspace: Workspace, target: str) -> Path:
    """The place of an extension: a path, or a name below extensions/. It may be something else than a folder.

    Raises:
        UsageError: There is nothing.
    """
    path = Path(target).expanduser()
    inside = workspace.extensions / target
    is_name = inside.parent == workspace.extensions and target != ".."
    if is_name and (_exists(inside) or not path.is_dir()):
        path = inside
    if not _exists(path):
        from presso.extensions import names_of

        raise UsageError(
            f"There is no extension {target}: neither extensions/{target} nor a folder of that name.",
            hint=did_you_mean(target, names_of(workspace), "extensions"),
        )
    return path.absolute() if path.is_symlink() else path.resolve()


def _exists(path: Path) -> bool:
    """Whether there is anything, even a link that leads nowhere."""
    return path.is_symlink() or path.exists()


def _unfit(root: Path, tree: ExtensionTree) -> Hits:
    """Why this can be no extension, regardless of its files."""
    if root.is_symlink() or not root.is_dir():
        return [(number, replace(hit, fix="Remove it.")) for number, hit in folder.faults(tree)]
    try:
        names.extension_checked(root.name)
    except ValueError as error:
        found = f"{root.name} cannot be an extension's name: {error}"
        return [("M-001", Hit(Place("."), found, "Rename the folder."))]
    return []


def run_checks(model: Model) -> Iterator[tuple[str, Hit]]:
    """The hits of every check of the model's level."""
    for number, check in all_checks().items():
        if check.find is not None and model.level in check.levels:
            yield from ((number, hit) for hit in check.find(model))


def _lacking(model: Model) -> Iterator[tuple[str, Hit]]:
    """What this machine lacks to run it."""
    for what in model.record.lacking:
        address = what.partition(" ")[0]
        found = next((resource for resource in model.managed if resource.address == address), None)
        yield "S-012", Hit(found.place if found else Place("main.tf"), what)


def unsafe(hits: Sequence[tuple[str, Hit]]) -> bool:
    """Whether a hit makes it unsafe to plan."""
    return any(CHECKS[number].promise == "S" for number, _ in hits)


def metadata_of(
    root: Path, text: ExtensionText
) -> tuple[Extension | None, dict[tuple[str | int, ...], int], Hits]:
    """The content of extension.yaml, the lines of its keys, and its faults."""
    from presso import extensions
    from presso.yaml_file import YamlFile

    path = root / "extension.yaml"
    if "extension.yaml" not in text.files:
        return None, {}, []  # M-002 reports it
    try:
        if path.stat().st_size > _MOST_METADATA_BYTES:
            what = f"it has more than {_MOST_METADATA_BYTES // 1024} kB"
            return None, {}, [("S-001", Hit(Place("extension.yaml"), what, "Shorten it."))]
        if alias := _alias(path.read_text(encoding="utf-8")):
            what = f"it repeats a part of itself: the alias *{alias.value}"
            place = Place("extension.yaml", alias.start_mark.line + 1)
            return None, {}, [("S-001", Hit(place, what, "Write the part out where the alias is."))]
        document = YamlFile.read(path, "extension.yaml")
        metadata = extensions.read(root, "extension.yaml")
    except (UsageError, OSError, UnicodeDecodeError) as error:
        return None, {}, [("M-001", hit) for hit in _faults(str(getattr(error, "message", error)))]
    lines = dict(document.lines)
    return metadata, lines, []


def _alias(text: str) -> yaml.AliasToken | None:
    """The first alias in a text of YAML; None where YamlFile refuses the text."""
    depth = 0
    try:
        for token in yaml.scan(text, Loader=yaml.SafeLoader):
            if isinstance(token, yaml.AliasToken):
                return token
            # PyYAML compares each of these with all around it.
            depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
            if depth > DEEPEST:
                break
    except yaml.YAMLError:
        pass
    return None


def _faults(message: str) -> Iterator[Hit]:
    for line in message.splitlines():
        found = re.match(r"extension\.yaml:(\d+): (.*)", line)
        yield Hit(Place("extension.yaml", int(found[1]) if found else 1), found[2] if found else line)
