"""Scenario files: what is read, what is refused, and how they are written."""

import json
from pathlib import Path
from typing import Any

import pytest

from presso.errors import PressoError, UsageError
from presso.simulation import scenarios
from presso.simulation.scenarios import Event, Scenario


def event(at: int = 0, **changes: Any) -> dict[str, Any]:
    return {"at": at, "detail-type": "OrderManager.MakeOrder", "detail": {"orderId": "{run}1"}, **changes}


def placed(drink: str) -> Event:
    return Event(1, "OrderManager.WaitingCompletion", {"drinkOrder": {"drink": drink}})


def written(folder: Path, **changes: Any) -> Path:
    """A scenario file called `short`, with some of its keys changed; None leaves one out."""
    data = {"name": "short", "title": "A short one", "minutes": 1, "seed": 0, "orders": 1}
    data |= {"events": [event(0), event(5)], **changes}
    path = folder / "short.json"
    path.write_text(json.dumps({key: value for key, value in data.items() if value is not None}, indent=1))
    return path


def test_a_scenario_is_read_as_it_was_saved(tmp_path: Path) -> None:
    events = (Event(0, "A.Ä", {"text": "ö"}), Event(7, "B.C", {"n": 1.5}, source="another.source"))
    scenario = Scenario("short", "Späte Schicht", 1, 4, 0, events)
    scenarios.save(scenario, tmp_path / "new" / "short.json")
    assert scenarios.load(tmp_path / "new" / "short.json") == scenario


def test_a_saved_scenario_has_one_line_per_event(tmp_path: Path) -> None:
    scenarios.save(scenarios.load(written(tmp_path)), tmp_path / "short.json")
    lines = (tmp_path / "short.json").read_text().splitlines()
    assert [line for line in lines if '"at"' in line] == lines[7:9]


def test_saving_over_a_scenario_leaves_nothing_else_behind(tmp_path: Path) -> None:
    path = written(tmp_path)
    scenarios.save(scenarios.load(path), path)
    assert list(tmp_path.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o644


def test_saving_where_nothing_can_be_written_is_an_error_for_people(tmp_path: Path) -> None:
    scenario = scenarios.load(written(tmp_path))
    with pytest.raises(PressoError, match="cannot be written"):
        scenarios.save(scenario, tmp_path / "short.json" / "x.json")


def test_a_scenario_is_found_by_its_name(tmp_path: Path) -> None:
    written(tmp_path)
    assert scenarios.names(tmp_path) == ["short"]
    assert scenarios.find(tmp_path, "short").title == "A short one"


def test_an_unknown_scenario_names_the_nearest_and_those_there_are(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(UsageError) as refused:
        scenarios.find(tmp_path, "shrot")
    assert "no scenario 'shrot'" in refused.value.message
    assert "Did you mean short?" in refused.value.hint
    assert "other, short" in refused.value.hint


def test_counts_are_per_detail_type_and_per_drink_ordered() -> None:
    events = [placed("Espresso"), placed("Americano"), placed("Espresso"), Event(2, "A.B", {})]
    counts = scenarios.counts(events)
    assert counts.detail_types == {"A.B": 1, "OrderManager.WaitingCompletion": 3}
    assert counts.drinks == {"Americano": 1, "Espresso": 2}


def test_an_order_whose_event_comes_twice_is_counted_once() -> None:
    order, late = (
        Event(
            at,
            "OrderManager.WaitingCompletion",
            {"orderId": "7", "drinkOrder": {"drink": "Espresso"}},
            late=at,
        )
        for at in (0, 3)
    )
    counts = scenarios.counts([order, placed("Espresso"), late])
    assert counts.detail_types == {"OrderManager.WaitingCompletion": 3}
    assert counts.drinks == {"Espresso": 2}


@pytest.mark.parametrize(
    ("changes", "line", "fault"),
    [
        ({"title": None}, 1, "'title' is missing"),
        ({"title": 5}, 3, "'title' must be text"),
        ({"minutes": "15"}, 4, "'minutes' must be a whole number"),
        ({"minutes": True}, 4, "'minutes' must be a whole number"),
        ({"minutes": 0}, 4, "'minutes' must be from 1 to 1440"),
        ({"name": "long"}, 2, "'name' must be 'short'"),
        ({"titel": "x"}, 23, "unknown key 'titel' (did you mean 'title'?)"),
        ({"events": []}, 7, "at least one event"),
        (
            {"minutes": 60, "events": [event(at) for at in range(2700)]},
            7,
            "2700 events within 60 minutes exceed a player's limit",
        ),
        ({"kind": 5}, 23, "'kind' must be text"),
        ({"events": [event(), event(5, late=6)]}, 15, "'late' must be whole seconds from 0 to 'at', 5"),
        ({"events": [event(), 5]}, 15, "an event is an object"),
        ({"events": [event(), event(61)]}, 15, "'at' must be whole seconds from 0 to 60"),
        ({"events": [event(), event(1.5)]}, 15, "'at' must be whole seconds"),
        ({"events": [event(5), event(4)]}, 15, "in the order in which they are due"),
        ({"events": [event(), event(when=3)]}, 21, "unknown key 'when' in an event"),
        ({"events": [event(**{"detail-type": ""})]}, 8, "'detail-type' must be text of 1 to 128 characters"),
        ({"events": [event(source=3)]}, 8, "'source' must be text"),
        ({"events": [event(detail="x")]}, 8, "'detail' must be an object"),
        ({"events": [event(detail={"x": "y" * 4096})]}, 8, "at most 4096 bytes"),
        (
            {"events": [event(**{"detail-type": "OrderManager.WaitingCompletion"})]},
            8,
            "must have the drink in detail.drinkOrder.drink",
        ),
    ],
)
def test_a_broken_scenario_is_refused_with_its_line(
    tmp_path: Path, changes: dict[str, Any], line: int, fault: str
) -> None:
    path = written(tmp_path, **changes)
    with pytest.raises(UsageError) as refused:
        scenarios.load(path)
    assert refused.value.message.startswith(f"{path}:{line}: ")
    assert fault in refused.value.message


def test_a_file_that_is_not_json_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "short.json"
    path.write_text('{\n "name": "short",\n oops\n}')
    with pytest.raises(UsageError, match=r"short\.json:3: not JSON"):
        scenarios.load(path)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "short.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot be read"):
        scenarios.load(path)
