"""Judges extensions while other units run: each waits for its own verdict alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

from presso.deployment import failure, gated_run, unit_gate
from presso.deployment.outcome import Outcome
from presso.deployment.unit_gate import UnitGate
from presso.interruption import Interruption, Stopped
from presso.units.unit import Unit
from presso.workspace import Workspace

if TYPE_CHECKING:
    from presso.gate.judge_process import Judged, JudgeProcess

# A unit's gate with its verdict, or the outcome of a unit that the gate rejects or cannot judge.
Judgement = Future[UnitGate | Outcome]


def known(judgement: UnitGate | Outcome) -> Judgement:
    """Return a judgement that needs no process."""
    made = Judgement()
    made.set_result(judgement)
    return made


class Judging:
    """Judges extensions in a thread, from its start until all are judged, or it is left.

    Args:
        workspace: The checkout; its home gets the traceback of a bug.
        process: Judges.
        gates: The units' gates, without verdicts.
        parallel: How many plans the gate makes at a time.
        interruption: Ends it when no further unit may start.

    Attributes:
        judgements: One for each unit. After a request to stop, those that are left are interrupted.
    """

    def __init__(
        self,
        workspace: Workspace,
        process: JudgeProcess,
        gates: Sequence[UnitGate],
        parallel: int,
        interruption: Interruption,
    ) -> None:
        self._workspace, self._process, self._parallel = workspace, process, parallel
        self._interruption = interruption
        self._groups = unit_gate.together(gates)
        self._left = {id(gate.case): gate for group in self._groups for gate in group}
        self.judgements: dict[Unit, Judgement] = {gate.unit: Judgement() for gate in gates}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._judge, name="judging")

    def __enter__(self) -> Judging:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End, with or without verdicts."""
        self._over.set()
        self._thread.join()

    def _judge(self) -> None:
        try:
            for gate, found in self._verdicts():
                self.judgements[gate.unit].set_result(found)
        except Stopped:
            self._give_up(lambda unit: Outcome(unit, "interrupted", message="not begun"))
        except Exception as error:
            cause = error
            self._give_up(lambda unit: failure.outcome(self._workspace, unit, cause))

    def _verdicts(self) -> Iterator[tuple[UnitGate, UnitGate | Outcome]]:
        groups = [[gate.case for gate in group] for group in self._groups]
        for case, found in self._process.verdicts(groups, self._parallel, self._ending):
            gate = self._left.pop(id(case))
            try:
                judged = _judged(gate, found)
            except Exception as error:
                judged = failure.outcome(self._workspace, gate.unit, error)
            yield gate, judged

    def _ending(self) -> bool:
        return self._interruption.ending or self._over.is_set()

    def _give_up(self, outcome: Callable[[Unit], Outcome]) -> None:
        for gate in self._left.values():
            self.judgements[gate.unit].set_result(outcome(gate.unit))


def _judged(gate: UnitGate, found: Judged | Exception) -> UnitGate | Outcome:
    if isinstance(found, Exception):
        raise found
    gate.judged(found)
    if refused := gated_run.refusal(gate):
        return refused
    gate.put_away()
    return gate
