"""The checkout as a whole: its tenants and units, extensions and runs. AWS is asked for states in buckets."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from presso import extensions, tenants
from presso.dashboard.gate_findings import GateFindings
from presso.dashboard.page_stream import PageStreams
from presso.dashboard.problem import words
from presso.dashboard.unit_condition import LastRuns, UnitCondition, last_runs
from presso.deployment import decisions, recorded_run, status, unfinished, unit_gate, unit_selection
from presso.deployment.decisions import Decision
from presso.deployment.progress import Silent
from presso.deployment.runs import Runs
from presso.deployment.target_environment import Environments
from presso.errors import PressoError
from presso.local_aws import LocalAws
from presso.processes import start_of
from presso.tenants import Tenant
from presso.units import unit as units
from presso.units.unit import Unit
from presso.workspace import Workspace

_MOST_RUNS = 50
_UNITS_SECONDS = 2.0
# What takes computing, since it reads all files: what has changed, and what the gate finds.
_CHANGES_SECONDS = 10.0


class Overview:
    """The news of the checkout.

    Args:
        workspace: The checkout.
        stop: Set when all is to end.
    """

    def __init__(self, workspace: Workspace, stop: threading.Event) -> None:
        self.pages = PageStreams()
        self._workspace = workspace
        self._stop = stop
        self._changes: dict[Unit, Decision] = {}
        self._judged: list[Unit] = []
        self._gate = GateFindings(workspace)
        self._due = 0.0
        self._problem = ""  # of what takes computing

    def follow(self) -> None:
        """Read while a page looks, until all is to end; after an error, which the page shows, again."""
        while not self._stop.is_set():
            if len(self.pages) or not self.pages.values:
                problem = _problem_of(self._read)
                if not problem and time.monotonic() >= self._due:
                    self._due = time.monotonic() + _CHANGES_SECONDS
                    self._problem = _problem_of(self._read_findings, self._read_changes, self._read)
                self.pages.put("problem:checkout", problem or self._problem)
            self._stop.wait(_UNITS_SECONDS)

    def _read(self) -> None:
        workspace = self._workspace
        known, faults = _readable(workspace)
        records = [
            record for record, _ in zip(recorded_run.records(workspace), range(_MOST_RUNS), strict=False)
        ]
        self.pages.put("runs", [record.as_json() for record in records])
        self.pages.put("tenants", [*map(_tenant, known.values()), *faults])
        found = self._conditions(known, last_runs(records))
        self.pages.put("units", [condition.as_json() for condition in found])
        self.pages.put("local", LocalAws(workspace.local).running() is not None)

    def _conditions(self, known: Mapping[str, Tenant], runs: Mapping[str, LastRuns]) -> list[UnitCondition]:
        deployed = status.look(self._workspace)
        states = {state.unit: state for state in deployed.states}
        at_work = {
            run.unit: run.action for run in unfinished.runs(self._workspace) if run.pid and start_of(run.pid)
        }
        found = []
        for unit in sorted({*units.declared(known.values()), *states, *deployed.unfinished}):
            state, change = states.get(unit), self._changes.get(unit)
            found.append(
                UnitCondition(
                    unit,
                    known[unit.tenant].target if unit.tenant in known else "",
                    state.resources if state else None,
                    state.changed if state else None,
                    state.broken.message if state and state.broken else "",
                    at_work.get(unit, ""),
                    unit in deployed.unfinished,
                    change.change if change else "",
                    change.why if change and change.change == "update" else (),
                    runs.get(str(unit), LastRuns()),
                )
            )
        return found

    def _read_findings(self) -> None:
        """Read what the gate finds, and for which tenants it has judged plans."""
        workspace = self._workspace
        known, _ = _readable(workspace)
        reports = {report["extension"]: report for report in self._gate.reports(self._stop)}
        with contextlib.suppress(PressoError):  # without Terraform none is
            self._judged = unit_gate.judged(workspace, known.values())
        self.pages.put("problem:gate", self._gate.problem)
        self.pages.put("extensions", [self._extension(name, known, reports) for name in _names(workspace)])

    def _read_changes(self) -> None:
        """Find what an apply would do, as far as that is known without running Terraform.

        Raises:
            PressoError: The defaults of all tenants have a fault, or there is no Terraform.
        """
        workspace = self._workspace
        running = LocalAws(workspace.local).running()
        self._changes = {}
        selection = unit_selection.select(workspace, "plan", (), everything=True)
        if running or "local" not in selection.targets():
            environments = Environments(workspace, running)
            run = Runs(workspace, selection, "plan", environments.of, Silent())
            found = decisions.of(workspace, selection, run.fingerprints, run.interruption)
            self._changes = {decision.unit: decision for decision in found}

    def _extension(
        self, name: str, known: Mapping[str, Tenant], reports: Mapping[str, dict[str, Any]]
    ) -> dict[str, Any]:
        report = reports.get(name)
        title = ""
        with contextlib.suppress(PressoError):
            title = extensions.load(self._workspace, name).title
        return {
            "name": name,
            "title": title,
            "tenants": [
                tenant.name for tenant in known.values() if name in [u.name for u in tenant.extensions]
            ],
            "judged": [unit.tenant for unit in self._judged if unit.extension == name],
            "passed": report["passed"] if report else None,
            "promises": report["promises"] if report else {},
            "findings": report["findings"] if report else [],
        }


def _problem_of(*works: Callable[[], None]) -> str:
    """Do these one after the other; return the text of the first error, which ends that, or ""."""
    try:
        for work in works:
            work()
    except Exception as error:
        return words(error)
    return ""


def _names(workspace: Workspace) -> list[str]:
    return sorted(extensions.entries_of(workspace))


def _readable(workspace: Workspace) -> tuple[dict[str, Tenant], list[dict[str, Any]]]:
    """The tenants whose files can be read, and what the page shows of the others."""
    known, faults = {}, []
    for name in tenants.names_of(workspace):
        try:
            known[name] = tenants.load(workspace, name)
        except PressoError as error:
            faults.append({"name": name, "title": "", "target": "", "fault": error.message})
    return known, faults


def _tenant(tenant: Tenant) -> dict[str, Any]:
    return {
        "name": tenant.name,
        "title": tenant.title,
        "target": tenant.target,
        "region": tenant.region,
        "ends": tenant.ends if tenant.ends else "",
        "player": tenant.player,
        "fault": "",
    }
