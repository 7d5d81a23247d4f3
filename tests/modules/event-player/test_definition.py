"""The player's definition is one that AWS takes. The local AWS does not check definitions."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

FIELDS = {
    "Choice": {"Choices", "Default"},
    "Fail": {"Cause", "Error"},
    "Map": {"Assign", "ItemProcessor", "Items", "MaxConcurrency", "Next", "Output"},
    "Pass": {"Assign", "End", "Next", "Output"},
    "Task": {"Arguments", "End", "Output", "Resource", "Retry"},
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


def test_every_state_has_only_fields_that_its_type_has_in_jsonata(definition: dict[str, Any]) -> None:
    assert definition["QueryLanguage"] == "JSONata"
    for name, state in states(definition):
        assert set(state) - {"Type"} <= FIELDS[state["Type"]], name


def test_names_are_unique_in_the_whole_machine_and_short(definition: dict[str, Any]) -> None:
    names = Counter(name for name, _ in states(definition))
    assert [name for name, count in names.items() if count > 1] == []
    assert max(map(len, names)) <= 80


def test_every_state_is_reached_and_leads_on(definition: dict[str, Any]) -> None:
    for machine in machines(definition):
        reached, left = set(), [machine["StartAt"]]
        while left:
            name = left.pop()
            if name not in reached:
                reached.add(name)
                left += targets(machine["States"][name])
        assert reached == set(machine["States"])
        for name, state in machine["States"].items():
            assert targets(state) or state.get("End") is True or state["Type"] == "Fail", name


def test_what_looks_like_an_expression_is_one(definition: dict[str, Any]) -> None:
    for text in texts(definition):
        assert text.startswith("{%") == text.endswith("%}"), text


def test_no_event_holds_an_expression(definition: dict[str, Any]) -> None:
    for name, state in definition["States"].items():
        if re.fullmatch(r"[a-z-]+ \d+", name):
            assert not [text for text in texts(state["Output"]) if text.startswith("{%")]


def test_a_part_is_far_below_what_a_state_passes_on(definition: dict[str, Any]) -> None:
    parts = [state["Output"] for _, state in states(definition) if isinstance(state.get("Output"), list)]
    assert max(len(json.dumps(rows)) for rows in parts) < MOST_PASSED_ON / 2


def test_a_request_with_the_definition_is_below_a_megabyte(definition: dict[str, Any]) -> None:
    assert len(json.dumps(json.dumps(definition))) < 1_000_000


def test_the_longest_replay_fits_in_the_history(definition: dict[str, Any]) -> None:
    rows = sum(len(state["Output"]) for name, state in states(definition) if name.startswith("quarter-hour "))
    # Every event alone in its call: the iteration's two entries, two of the wait, five of the task.
    assert 9 * rows + 8 * (rows // 50 + 1) + 10 < 25_000


def test_events_are_put_by_step_functions_itself(definition: dict[str, Any]) -> None:
    resources = {state["Resource"] for _, state in states(definition) if state["Type"] == "Task"}
    assert resources == {"arn:aws:states:::events:putEvents"}
