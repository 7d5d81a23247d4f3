"""`presso check`: read → judge the text → plan → judge the plan → try it → judge what it did → report."""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from presso.extension_tree import ExtensionTree
from presso.gate import extension_metadata, folder, judged_plan, limits, static_model
from presso.gate.changed import unread
from presso.gate.checkout import Checkout
from presso.gate.checks import all_checks, run_checks, unsafe
from presso.gate.checks.safety import outdated
from presso.gate.elsewhere import Elsewhere, differences, drawn
from presso.gate.failures import noted, refusals
from presso.gate.model import Facts, Hit, Hits, Level, Model, Place
from presso.gate.planner import Planner
from presso.gate.report import Finding, Report
from presso.gate.waivers import Waivers
from presso.quotas import Quotas
from presso.terminal import printable
from presso.terraform.confined_terraform import Refused
from presso.terraform.terraform_cli import TooLong
from presso.workspace import Workspace

if TYPE_CHECKING:
    from presso.gate.sandbox.sandbox import Sandbox
    from presso.packages.contents import Dependency

# Called with an extension that is the same in all tenants, the tenants, and the plan of it in each.
Compared = Callable[[Model, Sequence[Elsewhere], dict[str, Any]], None]
# Tenants of the checkout that one check plans for, those that list the extension first.
_MOST_TENANTS = 12


class Gate:
    """Checks extensions of one checkout.

    Args:
        workspace: The checkout: its modules, its catalog.
        level: The level of the check.
        planner: The environment for plans; created for the time that this is entered, if not given.
        sandbox: The sandbox; likewise.
        waivers: Whether waivers.yaml applies.
        weak: Whether to run extensions where this machine cannot confine them with namespaces.
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
        self.checkout = Checkout(workspace)
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

    def check(self, target: str, compared: Compared = lambda *_: None) -> Report:
        """Check one extension.

        Args:
            target: Its name, or the path of its folder.
            compared: Called when it is the same in all tenants.

        Raises:
            UsageError: There is nothing of that name.
            PressoError: The gate itself fails.
        """
        root = folder.find(self.workspace, target)
        # Once, and before the files are judged: waivers cover neither later findings nor unreadable files.
        tree = ExtensionTree.read(root)
        report = partial(self._report, root, "" if tree.faults else tree.digest, time.monotonic())
        if hits := folder.unfit(root, tree):
            return report(None, hits)
        with noted(hits), tempfile.TemporaryDirectory(prefix="presso-judged-") as place:
            copy = root if tree.faults else tree.stage(Path(place) / "tree", self.workspace.modules)
            written, prefix = b"\n".join(file.content for file in tree.files), self.checkout.sources.prefix
            facts = Facts.made_up(root.name, written=written, source_prefix=prefix)
            model, read = self.read(copy, facts, self.checkout.quotas_of(root.name))
            return self._checked(model, [*read, *unread(self.workspace, root)], report, compared)
        return report(None, hits)

    def _checked(
        self,
        model: Model | None,
        hits: Hits,
        report: Callable[[Model | None, Hits], Report],
        compared: Compared,
    ) -> Report:
        if model is None or self.level == "static" or unsafe(hits):
            return report(model, hits)
        if self.level == "sandbox":
            model = replace(model, facts=self.sandbox.facts_of(model.facts.extension))
        model, hits, plan = judged_plan.planned(self.workspace, self.planner, model, hits)
        planned = report(model, hits)
        if plan is not None and planned.passed:
            hits = [*hits, *self._elsewhere(model, plan, compared)]
            planned = report(model, hits)
        if self.level == "plan" or not (planned.planned and planned.passed):
            return planned
        model = self.sandbox.tried(model)
        found = [*hits, *_lacking(model)]
        with noted(found):
            found += run_checks(model)
        return report(model, found)

    def read(self, root: Path, facts: Facts, quotas: Quotas) -> tuple[Model | None, Hits]:
        """Read an extension; return it (None where it cannot be read) and the findings on its text.

        Args:
            root: The folder, with the extension's name.
            quotas: The quotas in that tenant.
        """
        hits: Hits = []
        with noted(hits), limits.within(limits.STATIC_SECONDS):
            return self._read(root, facts, quotas)
        return None, hits

    def _read(self, root: Path, facts: Facts, quotas: Quotas) -> tuple[Model, Hits]:
        text = folder.read(root)
        metadata, lines, hits = extension_metadata.read(root, text)
        resources = (
            () if any(number == "S-008" for number, _ in text.hits) else static_model.resources(text, facts)
        )
        model = Model(
            facts=facts,
            text=text,
            resources=resources,
            level="static",
            metadata=metadata,
            catalog=self.checkout.catalog,
            rules_of_others=lambda: self.checkout.rules_of_others,
            metadata_lines=lines,
            quotas=quotas,
        )
        hits += text.hits
        if any(number in ("S-001", "S-008") for number, _ in hits):
            return model, hits  # a partial plan would be judged otherwise
        if old := list(outdated(text)):
            return model, [*hits, *(("S-017", hit) for hit in old)]
        return model, hits + list(run_checks(model))

    def _elsewhere(self, model: Model, plan: dict[str, Any], compared: Compared) -> Hits:
        """What is found where it is planned for other tenants: made-up ones, and those of this checkout."""
        name, hits = model.facts.extension, Hits()
        prefix = model.facts.source_prefix
        others, tenants = drawn(name, prefix), self.checkout.tenants
        uses = [(tenant, next((u for u in tenant.extensions if u.name == name), None)) for tenant in tenants]
        for tenant, use in sorted(uses, key=lambda found: found[1] is None)[:_MOST_TENANTS]:
            account = tenant.known_account or others[0].facts.account
            given = use.variables if use else {}
            facts = Facts(name, tenant.name, account, tenant.region, given=given, source_prefix=prefix)
            if facts.given:
                hits += self._there(model, facts, use.quotas if use else Quotas())
            else:
                others.append(Elsewhere(facts, is_drawn=False))
        found: Hits = []
        try:
            beside = self.planner.plan_beside(model.text.root, others, model.text)
            with noted(found), limits.within(limits.STATIC_SECONDS):
                found += differences(model, plan, others, beside)
            if not (found or hits):
                compared(model, others, beside)
        except TooLong as error:
            found.append(("S-009", Hit(Place("main.tf"), str(error))))
        except Refused as error:
            found += refusals(model, error, "in another tenant, or with what AWS computes unknown: ")
        return [*hits, *found]

    def _there(self, model: Model, facts: Facts, quotas: Quotas) -> Hits:
        """What is found where a tenant sets the extension's variables: nothing else is to be compared."""
        there, hits = read_for(model, facts, quotas)
        if there is None or unsafe(hits):
            return hits
        return judged_plan.planned(self.workspace, self.planner, there, hits)[1]

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


def _lacking(model: Model) -> Iterator[tuple[str, Hit]]:
    """What this machine lacks to run it."""
    for what in model.record.lacking:
        address = what.partition(" ")[0]
        found = next((resource for resource in model.managed if resource.address == address), None)
        yield "S-012", Hit(found.place if found else Place("main.tf"), what)


def _brought_in(model: Model) -> tuple[Dependency, ...]:
    """What its functions' packages have beside its code."""
    return tuple(dict.fromkeys(each for package in model.packages or () for each in package.contents))


def read_for(model: Model, facts: Facts, quotas: Quotas) -> tuple[Model | None, Hits]:
    """Return an extension that was read for one tenant as its text is in another, and what its checks find.

    Args:
        model: The extension; no finding made it unsafe to plan.
        facts: The other tenant.
        quotas: The quotas in that tenant.
    """
    hits: Hits = []
    with noted(hits), limits.within(limits.STATIC_SECONDS):
        resources = static_model.resources(model.text, facts)
        there = replace(model, facts=facts, quotas=quotas, resources=resources, level="static")
        there = replace(there, packages=None, configuration=None, did=None)
        return there, list(run_checks(there))
    return None, hits
