"""plan, apply and destroy: decide on the selected units → judge → run them in order → outcomes."""

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from presso.deployment import decisions, parallel_units
from presso.deployment.command import Command
from presso.deployment.decisions import Decision
from presso.deployment.fingerprint import Fingerprints
from presso.deployment.outcome import Outcome
from presso.deployment.this_machine import ThisMachine
from presso.deployment.unit_runner import UnitRunner
from presso.tenants import Tenant
from presso.terraform import terraform_cli
from presso.units.unit import Unit
from presso.units.unit_tree import Trees


@dataclass
class Runs(Command):
    """Runs a command on its units; arguments as of `Command`.

    Attributes:
        needs: The units that each waits for.
        fingerprints: Those of its units.
        runner: Where the units run.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self.fingerprints = Fingerprints(self.workspace, Trees(self.workspace), self.environment)
        self.runner: UnitRunner = ThisMachine(self, self.fingerprints)
        self._decisions: dict[Unit, Decision] = {}
        self._awaited: Mapping[Unit, Future[Any]] = {}
        units, going = self.selection.units, self.selection.orphaned
        self.needs = parallel_units.needs_of(units, reverse=self.action == "destroy", destroyed=going)
        if self.action == "plan":
            self.needs = {unit: set() for unit in units}

    def execute(self) -> list[Outcome]:
        """Run every unit in order and return the outcomes; after a signal they include the interrupted ones.

        Raises:
            PressoError: No Terraform is found.
            Stopped: After a signal, unless that is deferred around this.
        """
        terraform_cli.find()  # once, before the threads start
        with self.interruption, self.runner:
            broken = self._broken()
            self.decide()
            self.run_gate()
            left_out = self._left_out()
            outcomes = parallel_units.work(
                {unit: needs - left_out.keys() for unit, needs in self.needs.items() if unit not in left_out},
                self._timed,
                parallel=self.parallel,
                interruption=self.interruption,
                skipped=lambda outcome: self.display.ended(self._described(outcome)),
                fail_fast=self.fail_fast,
                awaited=self._awaited,
            )
        ended = {outcome.unit: outcome for outcome in outcomes} | left_out
        return [*broken, *(ended[unit] for unit in self.needs)]

    def _broken(self) -> list[Outcome]:
        """Return the outcomes of the tenants whose file is wrong."""
        found = []
        for name, error in self.selection.broken.items():
            message = f"{error.message} Its units stay as they are."
            found.append(Outcome(Unit(name), "failed", message=message, hint=error.hint))
            self.display.ended(found[-1])
        return found

    def _left_out(self) -> dict[Unit, Outcome]:
        """Return the outcomes of the units that are unchanged by their inputs."""
        found = {}
        for unit in filter(self._is_unchanged, self.needs):
            found[unit] = self._described(Outcome(unit, "unchanged", left_out=True))
            self.display.ended(found[unit])
        return found

    def _described(self, outcome: Outcome) -> Outcome:
        """Return an outcome with what was to be done with its unit, and why."""
        unit = outcome.unit
        if unit in self._decisions:
            outcome.why = self._decisions[unit].why
        if outcome.result in ("unchanged", "absent"):
            outcome.change = "unchanged"
        elif self.action == "destroy" or unit in self.selection.orphaned:
            outcome.change = "destroy"
        else:
            outcome.change = "update" if unit in self.selection.deployed else "create"
        return outcome

    def decide(self) -> None:
        """Find the units to leave out, if unchanged ones are."""
        if not self.skip_unchanged or self.action == "destroy":
            return
        found = decisions.of(self.workspace, self.selection, self.fingerprints, self.interruption)
        self._decisions = {decision.unit: decision for decision in found}

    def run_gate(self) -> None:
        """Begin to judge the extensions to plan or apply: each of their units waits for its verdict alone."""
        self._awaited = self.runner.judge([*self._judged()] if self.action != "destroy" else [])

    def _judged(self) -> Iterator[tuple[Unit, Tenant]]:
        """The extensions that the gate judges, with their tenants."""
        for unit in self.selection.units:
            tenant = self.selection.tenants.get(unit.tenant)
            stays = not unit.is_extension or unit in self.selection.orphaned or self._is_unchanged(unit)
            if tenant is not None and not stays:
                yield unit, tenant

    def _is_unchanged(self, unit: Unit) -> bool:
        return unit in self._decisions and self._decisions[unit].change == "unchanged"

    def _timed(self, unit: Unit) -> Outcome:
        start = time.monotonic()
        outcome = self.runner.run(unit)
        if self.interruption.requested and outcome.bad:
            outcome.result = "interrupted"
        outcome.seconds = time.monotonic() - start
        self.display.ended(self._described(outcome))
        return outcome
