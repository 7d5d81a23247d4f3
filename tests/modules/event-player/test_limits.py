"""What Step Functions does not take is refused by the plan, with a message about what to change."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def events(count: int = 1, **changes: Any) -> list[dict[str, Any]]:
    return [{"at": 0, "detail-type": "A.B", "detail": {"n": number}, **changes} for number in range(count)]


@pytest.mark.parametrize(
    ("name", "reported", "fault"),
    [
        ("short", [], "A scenario has at least one event; got none in short"),
        ("short", [{**event, "at": at} for at, event in enumerate(events(2700))], "25724 in short: make"),
        ("short", events(at=1.5), "An event is due at whole seconds"),
        ("short", events(at=-1), "An event is due at whole seconds"),
        ("short", events(60, detail={"x": "y" * 4600}), "there are more in short"),
        ("Not So", events(), "A scenario's file name has at most 40 lower-case letters"),
    ],
    ids=["empty", "long", "between-seconds", "before-the-start", "big-events", "odd-name"],
)
def test_a_scenario_beyond_a_limit_is_refused(
    plan: Callable[..., Any], workspace: Path, name: str, reported: list[Any], fault: str
) -> None:
    module = workspace / "modules" / "event-player"
    for file in (module / "scenarios").iterdir():
        file.unlink()
    scenario = {"name": name, "title": "", "minutes": 1, "seed": 0, "orders": 0, "events": reported}
    (module / "scenarios" / f"{name}.json").write_text(json.dumps(scenario))
    with pytest.raises(Exception, match="Error: ") as refused:
        plan(module, [Path(__file__).with_name("simple.tfvars")])
    assert fault in str(refused.value)
