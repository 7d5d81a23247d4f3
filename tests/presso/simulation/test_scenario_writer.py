"""Scenarios are made and listed by the command line."""

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from presso.errors import UsageError
from presso.event_sources import CORE_SOURCE
from presso.simulation import scenario_writer
from presso.workspace import Workspace

pytestmark = pytest.mark.slow

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
    assert hashlib.md5(first).hexdigest() in (folder / "index.yaml").read_text()
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


def test_a_kind_of_day_is_chosen_by_its_name(small: "Small") -> None:
    done = small.presso("scenario", "make", "late", "--kind", "chaos", "--minutes", "5", "--orders", "8")
    assert done.returncode == 0
    text = (small.workspace.modules / "event-player" / "scenarios" / "late.json").read_text()
    assert json.loads(text)["kind"] == "chaos"
    assert '"late": ' in text


def test_extensions_that_emit_nothing_are_not_part_of_a_scenario(small: "Small") -> None:
    done = small.presso("scenario", "make", "x", "--with", "missing")
    assert done.returncode == 2
    assert "no extension missing that emits" in done.stderr
    assert not (small.workspace.modules / "event-player" / "scenarios" / "x.json").exists()


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("--name", "Not So"), "Not So is not a valid name for a scenario"),
        (("--since", "yesterday"), "yesterday is not a time"),
        (("--speed", "0"), "The speed must be a number above 0"),
    ],
)
def test_a_recording_that_cannot_be_is_refused_before_anything_is_asked(
    small: "Small", arguments: tuple[str, ...], fault: str
) -> None:
    done = small.presso("scenario", "record", "nyc", *arguments)
    assert done.returncode == 2
    assert fault in done.stderr


def observed(detail: dict[str, object]) -> dict[str, object]:
    name = "OrderProcessor.ShopUnavailable"
    return {"time": "2026-05-01T12:00:00Z", "source": CORE_SOURCE, "detail-type": name, "detail": detail}


def test_observed_events_that_the_catalog_does_not_allow_are_listed_and_refused_dropped_or_kept(
    checkout: Path, tmp_path: Path
) -> None:
    workspace = Workspace(checkout, tmp_path)
    notes: list[str] = []
    good, bad = observed({"userId": "u", "eventId": "nyc"}), observed({"userId": 5, "eventId": "nyc"})
    with pytest.raises(UsageError) as refused:
        scenario_writer.allowed(workspace, [good, bad], "refuse", notes.append)
    assert "1 of 2 events do not match" in refused.value.message
    assert "OrderProcessor.ShopUnavailable: detail.userId: is of the wrong type" in refused.value.message
    assert "--invalid drop" in refused.value.hint
    assert scenario_writer.allowed(workspace, [good, bad], "drop", notes.append) == [good]
    assert scenario_writer.allowed(workspace, [good, bad], "keep", notes.append) == [good, bad]
    assert "".join(notes).count("detail.userId") == 2
