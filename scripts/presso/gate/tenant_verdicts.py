"""Verdicts for the tenants of a checkout, from the plan in which a check compared them.

An apply in one of these tenants would make that part of the plan again, and judge it in the same way.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from presso.gate import limits, plan_model, shared_plan
from presso.gate.checks import CHECKS, run_checks, unsafe
from presso.gate.elsewhere import Elsewhere
from presso.gate.gate import Gate, read_for
from presso.gate.judge import refuses
from presso.gate.model import Facts, Model
from presso.gate.plan_comparison import PredictedPlan
from presso.quotas import Quotas


@dataclass(frozen=True)
class TenantVerdict:
    """An extension that may be applied in a tenant.

    Args:
        facts: The tenant.
        quotas: The extension's quotas there.
        digest: The digest of the extension's files.
        predicted: The judged plan.
    """

    facts: Facts
    quotas: Quotas
    digest: str
    predicted: PredictedPlan


@dataclass
class TenantVerdicts:
    """The verdicts on what a gate checks.

    Args:
        gate: The gate, whose comparisons go to `note`.
        found: The verdicts so far.
    """

    gate: Gate
    found: list[TenantVerdict] = field(default_factory=list)

    def note(self, model: Model, others: Sequence[Elsewhere], beside: Mapping[str, Any]) -> None:
        """Judge an extension for the tenants that it was planned for.

        There is no verdict where it would be rejected, or where an apply plans more: with other predictions
        of what AWS sets by chance, or with data sources that wait.

        Args:
            model: The extension, which has passed.
            others: The tenants; the made-up ones get no verdict.
            beside: The plan of all of them.
        """
        for other, part in shared_plan.parts(model.text, others, beside):
            if not other.is_drawn:
                with contextlib.suppress(Exception):  # an apply judges it, and reports what is wrong
                    self._judge(model, other.facts, part)

    def _judge(self, model: Model, facts: Facts, part: Mapping[str, Any]) -> None:
        text = model.text
        tenant = next(found for found in self.gate.checkout.tenants if found.name == facts.tenant)
        use = next((use for use in tenant.extensions if use.name == facts.extension), None)
        there, hits = read_for(model, facts, use.quotas) if use else (None, [])
        if use is None or there is None or unsafe(hits):
            return
        with limits.within(limits.STATIC_SECONDS):
            planned = plan_model.planned(replace(there, packages=model.packages), part)
            hits = [*(hit for hit in hits if CHECKS[hit[0]].find is None), *run_checks(planned)]
            folder = self.gate.workspace.extensions / facts.extension
            findings = self.gate.findings(hits, folder, text.tree.digest)
        if not any(map(refuses, findings)):
            self.found.append(TenantVerdict(facts, use.quotas, text.tree.digest, PredictedPlan.of(part)))
