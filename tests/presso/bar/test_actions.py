"""Scenarios are made and listed by the command line."""

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.presso.conftest import Small


def test_a_scenario_is_made_the_same_every_time(small: "Small") -> None:
    arguments = ("scenario", "make", "rush-hour", "--minutes", "5", "--orders", "8", "--seed", "3", "--json")
    folder = small.workspace.modules / "event-player" / "scenarios"
    folder.mkdir()
    made = json.loads(small.presso(*arguments).stdout)
    first = (folder / "rush-hour.json").read_bytes()
    assert made["file"] == "modules/event-player/scenarios/rush-hour.json"
    assert sum(made["detail_types"].values()) == made["events"] > 8
    assert small.presso(*arguments, "--force").returncode == 0
    assert (folder / "rush-hour.json").read_bytes() == first
    (listed,) = json.loads(small.presso("scenario", "list", "--json").stdout)
    assert (listed["name"], listed["events"]) == ("rush-hour", made["events"])


def test_a_scenario_is_not_written_over_unasked(small: "Small") -> None:
    file = small.write("modules/event-player/scenarios/rush-hour.json", "mine")
    done = small.presso("scenario", "make", "rush-hour")
    assert done.returncode == 2
    assert "--force" in done.stderr
    assert file.read_text() == "mine"


def test_numbers_out_of_range_are_refused(small: "Small") -> None:
    done = small.presso("scenario", "make", "rush-hour", "--minutes", "0")
    assert done.returncode == 2
    assert "minutes, not 0" in done.stderr


def test_a_scenario_without_a_name_is_called_by_its_numbers(small: "Small") -> None:
    done = small.presso("scenario", "make", "--minutes", "5", "--orders", "8", "--seed", "3", "--json")
    assert json.loads(done.stdout)["file"].endswith("/scenarios/simulated-5-8-3.json")
