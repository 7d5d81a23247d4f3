"""What Step Functions does not take is refused by the plan, with a message about what to change."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.modules.together import Part, PlanError, Planned, Together

HERE = Path(__file__).parent


def events(count: int = 1, **changes: Any) -> list[dict[str, Any]]:
    return [{"at": 0, "detail-type": "A.B", "detail": {"n": number}, **changes} for number in range(count)]


# The name of the scenario, its events, and a part of the error.
CASES: dict[str, tuple[str, list[Any], str]] = {
    "empty": ("short", [], "A scenario has at least one event; got none in short"),
    "long": (
        *("short", [{**event, "at": at} for at, event in enumerate(events(2700))]),
        "25724 in short: make",
    ),
    "between-seconds": ("short", events(at=1.5), "An event is due at whole seconds"),
    "before-the-start": ("short", events(at=-1), "An event is due at whole seconds"),
    "big-events": ("short", events(60, detail={"x": "y" * 4600}), "there are more in short"),
    "odd-name": ("Not So", events(), "A scenario's file name has at most 40 lower-case letters"),
}


@pytest.fixture(scope="module")
def planned(
    tmp_path_factory: pytest.TempPathFactory,
    copied: Callable[[Path], Path],
    together: Callable[[Path], Together],
) -> dict[str, Planned | PlanError]:
    """The plan of each case, or why Terraform refuses it."""
    modules = copied(tmp_path_factory.mktemp("limits")) / "modules"
    parts = []
    for case, (name, reported, _) in {"right": ("short", events(), ""), **CASES}.items():
        own = modules / f"player-{case}"
        shutil.copytree(modules / "event-player", own, ignore=shutil.ignore_patterns("scenarios"))
        (own / "scenarios").mkdir()
        scenario = {"name": name, "title": "", "minutes": 1, "seed": 0, "orders": 0, "events": reported}
        (own / "scenarios" / f"{name}.json").write_text(json.dumps(scenario))
        parts.append(Part(own, (HERE / "simple.tfvars").read_text()))
    return together(modules / "cases").plan(parts)


def test_a_scenario_within_the_limits_is_planned(planned: dict[str, Planned | PlanError]) -> None:
    assert isinstance(planned["player-right"], Planned)


@pytest.mark.parametrize("case", CASES)
def test_a_scenario_beyond_a_limit_is_refused(case: str, planned: dict[str, Planned | PlanError]) -> None:
    refused = planned[f"player-{case}"]
    assert isinstance(refused, PlanError)
    assert CASES[case][2] in str(refused)
