"""The index of a folder's scenarios, which Terraform reads in their place."""

import hashlib
import json
from pathlib import Path

import pytest
import yaml

from presso.errors import PressoError
from presso.simulation import scenario_index, scenarios
from presso.simulation.scenarios import BLOCK_EVENTS, Event, Scenario

ROOT = Path(__file__).parents[3]


def day(count: int) -> Scenario:
    events = tuple(Event(n // 3, "A.Ä", {"text": "„ö“,\n", "n": n}) for n in range(count))
    return Scenario("day", "Späte Schicht: 1", 15, 0, 7, events)


def entries(folder: Path) -> dict[str, dict[str, object]]:
    return dict(yaml.safe_load(scenario_index.text(folder)))


@pytest.mark.parametrize("count", [1, BLOCK_EVENTS, BLOCK_EVENTS + 1, 333])
def test_the_ranges_are_blocks_of_the_events_in_the_file(tmp_path: Path, count: int) -> None:
    scenarios.save(day(count), tmp_path / "day.json")
    content = (tmp_path / "day.json").read_bytes()
    entry = entries(tmp_path)["day"]
    ranges = [text.removeprefix("bytes=").split("-") for text in entry.pop("ranges")]  # type: ignore[attr-defined]
    texts = [content[int(first) : int(last) + 1] for first, last in ranges]
    blocks = [json.loads(b"[%s]" % text) for text in texts]
    assert [event["detail"]["n"] for block in blocks for event in block] == list(range(count))
    assert {len(block) for block in blocks[:-1]} <= {BLOCK_EVENTS}
    assert entry == {
        "md5": hashlib.md5(content).hexdigest(),
        "title": "Späte Schicht: 1",
        "minutes": 15,
        "orders": 7,
        "events": count,
        "history": scenarios.history_entries(day(count).events),
        "largest": max(map(len, texts)),
    }


@pytest.mark.parametrize("change", ["indent", "two in a line", "broken"])
def test_a_file_without_one_event_a_line_has_no_entry(tmp_path: Path, change: str) -> None:
    path = tmp_path / "day.json"
    scenarios.save(day(3), path)
    text = path.read_text()
    changed = {
        "indent": json.dumps(json.loads(text), indent=1),
        "two in a line": text.replace(",\n    {", ",{", 1),
    }
    path.write_text(changed.get(change, text[:-5]))
    assert not yaml.safe_load(scenario_index.text(tmp_path))


def test_an_index_that_cannot_be_written_is_an_error_for_people(tmp_path: Path) -> None:
    (tmp_path / scenario_index.FILE).mkdir()
    with pytest.raises(PressoError, match=r"index\.yaml: cannot be written"):
        scenario_index.write(tmp_path)


def test_the_index_of_this_checkout_is_true() -> None:
    folder = scenarios.folder(ROOT)
    assert (folder / scenario_index.FILE).read_text() == scenario_index.text(folder)
