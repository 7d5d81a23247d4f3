"""Extensions are judged beside the units that run; without a verdict no unit of theirs does."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from presso.deployment.judging import Judging
from presso.deployment.outcome import Outcome
from presso.deployment.unit_gate import CommandGate, UnitGate
from presso.errors import PressoError
from presso.gate.case import Case
from presso.gate.judge_process import Judged, JudgeProcess
from presso.gate.plan_comparison import PredictedPlan
from presso.interruption import Interruption, stopped
from presso.units.unit import Unit
from presso.units.unit_tree import Trees
from presso.workspace import Workspace

PLAN = PredictedPlan({}, {})
Verdicts = Iterator[tuple[Any, Judged | Exception]]


def gates(workspace: Workspace) -> list[UnitGate]:
    """Two extensions, of which nothing is judged together."""
    tree = SimpleNamespace(tree=SimpleNamespace(faults=True), modules=Path())
    units = [Unit("nyc", "cups"), Unit("nyc", "queue")]
    return [
        UnitGate(
            CommandGate(workspace, Trees(workspace)), unit, cast("Case", SimpleNamespace(tree=tree)), "", True
        )
        for unit in units
    ]


def judged(
    tmp_path: Path, verdicts: Callable[[list[list[Any]], Callable[[], bool]], Verdicts]
) -> dict[str, UnitGate | Outcome]:
    """What becomes of both with a gate that gives these verdicts."""
    process = SimpleNamespace(verdicts=lambda groups, parallel, ending: verdicts(groups, ending))
    workspace = Workspace(tmp_path, tmp_path / ".presso")
    with Judging(workspace, cast("JudgeProcess", process), gates(workspace), 2, Interruption()) as judging:
        return {unit.extension or "": each.result(60) for unit, each in judging.judgements.items()}


def test_each_unit_has_its_verdict_and_what_cannot_be_judged_fails_alone(tmp_path: Path) -> None:
    def verdicts(groups: list[list[Any]], _: Callable[[], bool]) -> Verdicts:
        (cups,), (queue,) = groups
        yield queue, Judged((), PLAN)
        yield cups, PressoError("No provider.", hint="Start it.")

    found = judged(tmp_path, verdicts)
    assert isinstance(found["queue"], UnitGate)
    assert found["queue"].predicted is None  # it is in a file until the unit runs
    found["queue"].take_up()
    assert found["queue"].predicted == PLAN
    assert isinstance(found["cups"], Outcome)
    assert (found["cups"].result, found["cups"].message, found["cups"].hint) == (
        "failed",
        "No provider.",
        "Start it.",
    )


@pytest.mark.parametrize(("error", "result"), [(PressoError("It ended."), "failed"), (None, "interrupted")])
def test_a_gate_that_ends_too_early_passes_nothing(
    tmp_path: Path, error: Exception | None, result: str
) -> None:
    def verdicts(groups: list[list[Any]], _: Callable[[], bool]) -> Verdicts:
        yield groups[1][0], Judged((), PLAN)
        raise error or stopped()

    found = judged(tmp_path, verdicts)
    assert isinstance(found["queue"], UnitGate)
    assert isinstance(found["cups"], Outcome)
    assert found["cups"].result == result


def test_when_it_is_left_the_gate_ends(tmp_path: Path) -> None:
    asked: list[bool] = []

    def verdicts(_: list[list[Any]], ending: Callable[[], bool]) -> Verdicts:
        while not ending():
            pass
        asked.append(True)
        raise stopped()
        yield

    process = SimpleNamespace(verdicts=lambda groups, parallel, ending: verdicts(groups, ending))
    workspace = Workspace(tmp_path, tmp_path / ".presso")
    with Judging(workspace, cast("JudgeProcess", process), gates(workspace), 2, Interruption()) as judging:
        pass
    assert asked == [True]
    results = {cast("Outcome", each.result(60)).result for each in judging.judgements.values()}
    assert results == {"interrupted"}
