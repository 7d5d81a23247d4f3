"""The player's definition is one that AWS takes. The local AWS does not check definitions."""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from presso.simulation import scenario_index, scenarios

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from tests.modules.conftest import Rendered

FOLDER = scenarios.folder(Path(__file__).parents[3])

FIELDS = {
    "Choice": {"Choices", "Default"},
    "Fail": {"Cause", "Error"},
    "Map": {"Assign", "ItemProcessor", "Items", "MaxConcurrency", "Next", "Output"},
    "Pass": {"Assign", "End", "Next", "Output"},
    "Task": {"Arguments", "End", "Next", "Output", "Resource", "Retry"},
    "Wait": {"Next", "Timestamp"},
}
MOST_PASSED_ON = 256 * 1024


def machines(definition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The machine and those inside its maps."""
    yield definition
    for state in definition["States"].values():
        if "ItemProcessor" in state:
            yield from machines(state["ItemProcessor"])


def states(definition: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [item for machine in machines(definition) for item in machine["States"].items()]


def targets(state: dict[str, Any]) -> list[str]:
    choices = [choice["Next"] for choice in state.get("Choices", [])]
    return [*choices, *(state[key] for key in ("Next", "Default") if key in state)]


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from texts(part)
    elif isinstance(value, str):
        yield value


def test_every_state_has_only_fields_that_its_type_has_in_jsonata(rendered: "Rendered") -> None:
    assert rendered.definition["QueryLanguage"] == "JSONata"
    for name, state in states(rendered.definition):
        assert set(state) - {"Type"} <= FIELDS[state["Type"]], name


def test_names_are_unique_in_the_whole_machine_and_short(rendered: "Rendered") -> None:
    names = Counter(name for name, _ in states(rendered.definition))
    assert [name for name, count in names.items() if count > 1] == []
    assert max(map(len, names)) <= 80


def test_every_state_is_reached_and_leads_on(rendered: "Rendered") -> None:
    for machine in machines(rendered.definition):
        reached, left = set(), [machine["StartAt"]]
        while left:
            name = left.pop()
            if name not in reached:
                reached.add(name)
                left += targets(machine["States"][name])
        assert reached == set(machine["States"])
        for name, state in machine["States"].items():
            assert targets(state) or state.get("End") is True or state["Type"] == "Fail", name


def test_what_looks_like_an_expression_is_one(rendered: "Rendered") -> None:
    for text in texts(rendered.definition):
        assert text.startswith("{%") == text.endswith("%}"), text


def test_a_scenario_adds_nothing_to_the_definition_but_where_its_events_are(rendered: "Rendered") -> None:
    ranges = rendered.definition["States"]["Start"]["Assign"]["ranges"]
    assert ranges == rendered.ranges
    assert len(json.dumps(rendered.definition)) < 20_000


@pytest.mark.parametrize("name", scenarios.names(FOLDER))
def test_the_blocks_of_a_scenario_are_its_events(rendered: "Rendered", name: str) -> None:
    reported = json.loads((FOLDER / f"{name}.json").read_text())["events"]
    blocks = rendered.blocks(name)
    assert [event for block in blocks for event in block] == reported
    assert [len(block) for block in blocks[:-1]] == [50] * (len(blocks) - 1)


@pytest.fixture(scope="module")
def unindexed(
    render: Callable[[Path], "Rendered"], tmp_path_factory: pytest.TempPathFactory
) -> tuple["Rendered", dict[str, Any]]:
    """What the module makes of files that are not as the index beside them has them, and their events."""
    folder = tmp_path_factory.mktemp("unindexed")
    shutil.copy(FOLDER / "chaos.json", folder)
    events = [{"at": 7 * n, "detail-type": "A.Ü", "detail": {"text": "„ö“\n"}, "late": n} for n in range(120)]
    odd = {"title": "T", "name": "odd", "minutes": 20, "events": events, "seed": 0, "orders": 0}
    (folder / "odd.json").write_text(json.dumps(odd, ensure_ascii=False, indent=1))
    entry = {"md5": "0" * 32, "title": "Old", "history": 1, "largest": 1, "ranges": ["bytes=0-1"]}
    (folder / scenario_index.FILE).write_text(json.dumps({"odd": entry}))
    chaos = json.loads((FOLDER / "chaos.json").read_text())["events"]
    return render(folder), {"odd": events, "chaos": chaos}


@pytest.mark.parametrize("name", ["odd", "chaos"])
def test_a_scenario_that_is_not_in_the_index_or_differs_from_it_is_read_as_well(
    unindexed: tuple["Rendered", dict[str, Any]], name: str
) -> None:
    made, events = unindexed
    assert [event for block in made.blocks(name) for event in block] == events[name]
    assert made.summaries[name]["events"] == len(events[name])
    assert made.summaries[name]["title"] != "Old"


def test_what_a_history_may_hold_is_the_same_with_and_without_an_index(
    unindexed: tuple["Rendered", dict[str, Any]], rendered: "Rendered"
) -> None:
    assert unindexed[0].history["chaos"] == rendered.history["chaos"]


def test_a_block_is_far_below_what_a_state_passes_on(rendered: "Rendered") -> None:
    blocks = [block for name in rendered.ranges for block in rendered.blocks(name)]
    assert max(len(json.dumps(json.dumps(block))) for block in blocks) < MOST_PASSED_ON / 2


def test_what_a_history_may_hold_is_known_alike_to_module_and_command(rendered: "Rendered") -> None:
    found = {name: scenarios.load(FOLDER / f"{name}.json") for name in rendered.history}
    assert rendered.history == {name: scenarios.history_entries(one.events) for name, one in found.items()}


@pytest.mark.parametrize("name", scenarios.names(FOLDER))
@pytest.mark.parametrize("speed", [0.01, 1, 60])
def test_every_replay_fits_in_the_history(rendered: "Rendered", name: str, speed: float) -> None:
    blocks = rendered.blocks(name)
    calls = sum(
        -(-count // 10)
        for block in blocks
        for count in Counter(int(event["at"] / speed) for event in block).values()
    )
    # A call is the iteration's two entries, two of the wait, five of the task; a block a choice, task, map.
    assert 9 * calls + 11 * len(blocks) + 10 <= rendered.history[name] <= 25_000


def test_events_are_read_and_put_by_step_functions_itself(rendered: "Rendered") -> None:
    resources = {state["Resource"] for _, state in states(rendered.definition) if state["Type"] == "Task"}
    assert resources == {"arn:aws:states:::events:putEvents", "arn:aws:states:::aws-sdk:s3:getObject"}
