"""Judges an apply: an extension's tree for its tenant, then Terraform's real plan and the state."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from presso.errors import PressoError
from presso.gate import folder, judged_plan, plan_model, predictions, shared_plan
from presso.gate.case import Case
from presso.gate.checks import CHECKS, run_checks, unsafe
from presso.gate.elsewhere import Elsewhere
from presso.gate.gate import Gate
from presso.gate.model import Hit, Hits, Model, Place
from presso.gate.plan_comparison import PredictedPlan, as_plan
from presso.gate.plan_entries import PlanEntries
from presso.gate.report import Finding
from presso.terraform.confined_terraform import Refused
from presso.terraform.terraform_cli import TooLong
from presso.workspace import Workspace

# Plans of several cases whose files are read at a time: all of a fleet would take gigabytes.
_MOST_PLANS = 16
_Read = tuple[Case, Model | None, Hits]


@dataclass(frozen=True)
class Verdict:
    """The gate's verdict on an extension in a tenant.

    Args:
        findings: All findings of the checks, including warnings and waived ones.
        predicted: The judged plan; None when a finding rejects the extension.
    """

    findings: tuple[Finding, ...]
    predicted: PredictedPlan | None

    @property
    def refusing(self) -> tuple[Finding, ...]:
        """The findings that reject it."""
        return tuple(filter(refuses, self.findings))


def refuses(finding: Finding) -> bool:
    """Return whether a finding prevents an apply; findings about metadata do not."""
    return finding.counts and finding.check.promise != "M"


def _may_refuse(number: str) -> bool:
    return judged_plan.is_error(number) and CHECKS[number].promise != "M"


class Judge:
    """Judges extensions for the tenants in which they are applied; ends the processes that it starts.

    Args:
        workspace: The checkout.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._held = ExitStack()
        self._lock = threading.Lock()

    def __enter__(self) -> Judge:
        """Use it."""
        self._gate = self._held.enter_context(Gate(self._workspace, "plan"))
        self._folder = Path(self._held.enter_context(tempfile.TemporaryDirectory(prefix="presso-judged-")))
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes that were started."""
        self._held.close()

    def judge(self, case: Case) -> Verdict:
        """Plan an extension for a tenant, without AWS, and judge that plan.

        Raises:
            PressoError: The gate itself fails.
        """
        if case.tree.tree.faults:
            hits, predicted = folder.faults(case.tree.tree), None
        else:
            hits, predicted = self._planned(case)
        return self._verdict(case, hits, predicted)

    def judge_all(
        self, groups: Sequence[Sequence[Case]], parallel: int
    ) -> Iterator[tuple[Case, Verdict | Exception]]:
        """Yield each case with its verdict, or the error of a gate that fails; first those judged together.

        Args:
            groups: Cases; those of a group differ in their tenants alone.
            parallel: How many groups are planned at a time.
        """
        left = {id(case): case for group in groups for case in group}
        with contextlib.suppress(Exception):  # each is judged alone then, which reports what is wrong
            together = [group for group in groups if len(group) > 1]
            for start in range(0, len(together), _MOST_PLANS):
                for case, verdict in self.judge_together(together[start : start + _MOST_PLANS], parallel):
                    del left[id(case)]
                    yield case, verdict
        for case in left.values():
            try:
                found: Verdict | Exception = self.judge(case)
            except Exception as error:
                found = error
            yield case, found

    def judge_together(
        self, groups: Sequence[Sequence[Case]], parallel: int
    ) -> Iterator[tuple[Case, Verdict]]:
        """Yield the cases that pass, with their verdicts. The others must be judged alone.

        Of each group Terraform makes one plan: an extension and its variables in several tenants. Starting it
        for each of them would take half as long again. The others are what is refused, what Terraform does
        not plan in one of the tenants, and what is planned for one alone with other predictions.

        Args:
            groups: Cases that differ in their tenants alone, with the modules of the checkout.
            parallel: How many groups are planned at a time.

        Raises:
            PressoError: The gate itself fails.
        """
        if not groups:
            return
        read = [[(case, *self._read(case)) for case in group] for group in groups]
        planned = [self._together(each) for each in read]
        planner = self._gate.planner  # started before the threads

        def plan(models: Sequence[Model]) -> dict[str, Any] | None:
            others = [Elsewhere(model.facts, is_drawn=False) for model in models]
            try:
                return planner.plan_beside(models[0].text.root, others, models[0].text) if models else None
            except (PressoError, Refused, TooLong):
                return None

        with ThreadPoolExecutor(parallel) as pool:
            for found, beside in zip(read, pool.map(plan, planned), strict=True):
                if beside:
                    yield from self._passing(found, beside)

    @staticmethod
    def _together(found: Sequence[_Read]) -> list[Model]:
        """The models of a group; none if one plan of them would not do."""
        models = [model for _, model, hits in found if model and not unsafe(hits)]
        whole = len(models) == len(found) and not predictions.in_text(models[0].text)
        return models if whole else []

    def _passing(self, found: Sequence[_Read], beside: dict[str, Any]) -> Iterator[tuple[Case, Verdict]]:
        models = {model.facts.tenant: (case, model, hits) for case, model, hits in found if model}
        others = [Elsewhere(model.facts, is_drawn=False) for _, model, _ in models.values()]
        text = next(model.text for _, model, _ in models.values())
        for other, part in shared_plan.parts(text, others, beside):
            case, model, hits = models[other.facts.tenant]
            model, unread = judged_plan.with_packages(self._workspace, model)
            _, hits, plan = judged_plan.judge_values(model, hits + unread, part, [])
            verdict = self._verdict(case, hits, PredictedPlan.of(part) if plan else None)
            if verdict.predicted:
                yield case, verdict

    def _verdict(self, case: Case, hits: Hits, predicted: PredictedPlan | None) -> Verdict:
        findings = self._findings(hits, case)
        if predicted is None and not any(
            map(refuses, findings)
        ):  # only waived findings explain that there is no plan
            findings = self._findings(
                [*hits, ("S-010", Hit(Place("main.tf"), "there is no plan of it"))], case
            )
        return Verdict(findings, None if any(map(refuses, findings)) else predicted)

    def judge_entries(
        self, case: Case, predicted: PredictedPlan, entries: PlanEntries
    ) -> tuple[Finding, ...]:
        """Judge values other than the predicted ones: of the real plan, or of the state.

        Args:
            case: The case that has passed.
            predicted: The plan that was judged then.
            entries: Every resource and data source.
        """
        model = self._model(case, predicted, entries)
        return self._findings(list(run_checks(model)), case)

    def plan_differs(self, case: Case, faults: Sequence[str]) -> tuple[Finding, ...]:
        """Return the findings for a real plan whose resources differ from the predicted ones."""
        return self._findings([("S-016", Hit(Place("main.tf"), fault)) for fault in faults], case)

    def limit_exceeded(self, case: Case, what: str) -> tuple[Finding, ...]:
        """Return the finding for a Terraform that took too much while it planned or applied."""
        hit = Hit(Place("main.tf"), f"{what}, and was stopped")
        return self._findings([("S-009", hit)], case)

    def values_unknown(
        self, case: Case, predicted: PredictedPlan, found: Sequence[tuple[str, str]]
    ) -> tuple[Finding, ...]:
        """Return the findings for values that a real plan must know and does not: address, attribute."""
        return self._at(case, predicted, found, "P1-043", "is known only after apply")

    def values_changed(
        self, case: Case, predicted: PredictedPlan, found: Sequence[tuple[str, str]]
    ) -> tuple[Finding, ...]:
        """Return the findings for applied values that differ from the judged ones: address, attribute."""
        return self._at(case, predicted, found, "P1-044", "is another than was judged")

    def _at(
        self, case: Case, predicted: PredictedPlan, found: Sequence[tuple[str, str]], number: str, what: str
    ) -> tuple[Finding, ...]:
        resources = {r.address: r for r in self._model(case, predicted, predicted.entries).managed}
        places = [(resources[address].at(path), f"{path} of {address} {what}") for address, path in found]
        return self._findings([(number, Hit(*place)) for place in places], case)

    def _planned(self, case: Case) -> tuple[Hits, PredictedPlan | None]:
        model, hits = self._read(case)
        if model is None or unsafe(hits):
            return hits, None
        modules = None if isinstance(case.tree.modules, Path) else case.tree.modules
        model, hits, plan = judged_plan.planned(
            self._workspace, self._gate.planner, model, hits, modules, refusing=_may_refuse
        )
        return hits, PredictedPlan.of(plan) if plan else None

    def _model(self, case: Case, predicted: PredictedPlan, entries: PlanEntries) -> Model:
        with self._lock:  # several units of a command may run this at the same time
            model, _ = self._read(case)
        assert model is not None  # it was read before
        return plan_model.planned(model, as_plan(entries, predicted.module))

    def _read(self, case: Case) -> tuple[Model | None, Hits]:
        tree = case.tree.tree
        root = tree.stage(self._folder / tree.digest, self._workspace.modules)
        return self._gate.read(root, case.facts, case.quotas)

    def _findings(self, hits: Hits, case: Case) -> tuple[Finding, ...]:
        tree = case.tree.tree
        return self._gate.findings(hits, self._workspace.extensions / tree.name, tree.digest)
