"""Extensions' events in a simulated scenario: about the same orders, and valid."""

import json
import re
from pathlib import Path

import pytest

from presso.errors import UsageError
from presso.simulation import extension_events, scenario_check, simulator
from presso.simulation.scenarios import Event, Scenario
from presso.workspace import Workspace

SCHEMA = {
    "type": "object",
    "required": ["orderId", "drink", "eventId", "TS", "alertId", "left"],
    "properties": {
        "orderId": {"type": "string", "format": "uuid"},
        "drink": {"type": "string"},
        "eventId": {"type": "string", "examples": ["sfo"]},
        "TS": {"type": "integer", "x-unit": "epoch-ms"},
        "alertId": {"type": "string", "format": "uuid"},
        "left": {"type": "integer", "minimum": 0, "maximum": 5},
    },
}
SOURCE = "serverlesspresso.extension.stock"


@pytest.fixture
def workspace(checkout: Path, tmp_path: Path) -> Workspace:
    """The core's catalog, an extension that emits and one that does not."""
    (tmp_path / "modules").symlink_to(checkout / "modules")
    emits = json.dumps([{"detail-type": "Stock.Low", "schema": SCHEMA}])
    for name, said in (("stock", emits), ("silent", "[]")):
        file = tmp_path / "extensions" / name / "extension.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(f"consumes: [OrderManager.WaitingCompletion]\nemits: {said}\n")
    return Workspace(tmp_path, tmp_path / "home")


@pytest.fixture(scope="module")
def plain() -> Scenario:
    return simulator.simulate(15, 60, 3)


def emitted(scenario: Scenario) -> list[Event]:
    return [event for event in scenario.events if event.source == SOURCE]


@pytest.mark.parametrize("names", [["stock"], ["all"]])
def test_an_extension_emits_about_orders_that_it_heard_of(
    workspace: Workspace, plain: Scenario, names: list[str]
) -> None:
    made = extension_events.added(workspace, plain, names)
    placed = {
        event.detail["orderId"]: event
        for event in plain.events
        if event.detail_type == "OrderManager.WaitingCompletion"
    }
    assert 5 < len(emitted(made)) < len(placed)
    for event in emitted(made):
        cause = placed[event.detail["orderId"]]
        assert 1 <= event.at - cause.at <= 3
        assert event.detail["drink"] == cause.detail["drinkOrder"]["drink"]
        assert (event.detail["TS"], event.detail["eventId"]) == ("{at}", "{tenant}")
        assert re.fullmatch(r"\{run\}[0-9a-f]{12}", event.detail["alertId"])


def test_the_rest_of_the_scenario_is_the_same_and_all_of_it_agrees_with_the_catalog(
    workspace: Workspace, plain: Scenario
) -> None:
    made = extension_events.added(workspace, plain, ["stock"])
    assert [event for event in made.events if event.source != SOURCE] == list(plain.events)
    assert [event.at for event in made.events] == sorted(event.at for event in made.events)
    scenario_check.check(workspace, "It", made.events, strict=True)
    assert made == extension_events.added(workspace, plain, ["stock"])


@pytest.mark.parametrize("name", ["silent", "missing"])
def test_an_extension_that_emits_nothing_is_refused(workspace: Workspace, plain: Scenario, name: str) -> None:
    with pytest.raises(UsageError, match=f"There is no extension {name} that emits events"):
        extension_events.added(workspace, plain, [name])


def test_a_checkout_without_emitting_extensions_is_an_error(workspace: Workspace, plain: Scenario) -> None:
    (workspace.extensions / "stock" / "extension.yaml").unlink()
    with pytest.raises(UsageError, match="No extension of this checkout emits events"):
        extension_events.added(workspace, plain, ["all"])
