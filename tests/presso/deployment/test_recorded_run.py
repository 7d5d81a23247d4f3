"""Records of runs: causes of failures, durations, the critical path, and the time that a run still takes."""

import json
import shutil
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from presso.cli import app
from presso.deployment import forecast, recorded_run
from presso.deployment.command import Command
from presso.deployment.configuration_drift import DriftedResource
from presso.deployment.forecast import Forecast
from presso.deployment.outcome import Outcome
from presso.deployment.parallel_units import needs_of
from presso.deployment.progress import Silent
from presso.deployment.runs import Runs
from presso.deployment.unit_selection import Selection
from presso.errors import UsageError
from presso.processes import Process
from presso.terraform.json_stream import Diagnostic
from presso.units.unit import Unit
from presso.workspace import Workspace

NYC, CUPS, QUEUE, SFO = Unit("nyc"), Unit("nyc", "cups"), Unit("nyc", "queue"), Unit("sfo")


class Planned(Command):
    """A run with units that Terraform does not run on."""

    needs = needs_of([NYC, CUPS, QUEUE, SFO], reverse=False)

    def __init__(self, workspace: Workspace) -> None:
        self.workspace, self.action, self.parallel = workspace, "apply", 2
        self.selection = Selection([*self.needs], {}, frozenset())


@pytest.fixture
def run(tmp_path: Path) -> Runs:
    (tmp_path / "tenants").mkdir()
    (tmp_path / "modules" / "tenant").mkdir(parents=True)
    return cast("Runs", Planned(Workspace(tmp_path, tmp_path / ".presso")))


def recorded(run: Runs, *outcomes: Outcome) -> recorded_run.RecordedRun:
    """The record of a run in which the units end like this."""
    with recorded_run.recorded(run, Silent()):
        for outcome in outcomes:
            run.display.began(outcome.unit, "apply")
            run.display.ended(outcome)
    return recorded_run.find_run(run.workspace, "")


def test_the_critical_path_is_the_longest_chain_of_needs(run: Runs) -> None:
    record = recorded(
        run,
        Outcome(SFO, "applied", seconds=8),
        Outcome(NYC, "applied", seconds=5),
        Outcome(CUPS, "applied", seconds=2),
        Outcome(QUEUE, "applied", seconds=4),
    )
    assert [unit.unit for unit in record.critical_path] == ["nyc", "nyc/queue"]
    assert record.result == "ok"
    assert record.as_json()["critical_path"]["seconds"] == 9


def test_a_run_is_shown_with_the_cause_of_each_failure_first(run: Runs) -> None:
    log = run.workspace.root / "terraform.log"
    log.write_text("no milk")
    error = Diagnostic("error", "No milk")
    recorded(
        run,
        Outcome(SFO, "applied", seconds=1),
        Outcome(NYC, "failed", seconds=2, diagnostics=[error], log="terraform.log", repeated=("Slow",)),
        Outcome(CUPS, "skipped", blocked_by="nyc", message="needs nyc, which failed"),
        Outcome(QUEUE, "unchanged", left_out=True),
    )
    log.write_text("the next run's")
    env = {"PRESSO_ROOT": str(run.workspace.root)}
    lines = CliRunner().invoke(app, ["runs", "show"], env=env).stdout.splitlines()
    assert lines[1] == "4 units: 1 applied, 1 failed, 1 skipped, 1 left out"
    assert lines[3:5] == ["nyc failed: No milk", "  repeated after: Slow"]
    copy = run.workspace.root / lines[5].removeprefix("  log: ")
    assert copy.read_text() == "no milk"
    assert copy.stat().st_mode & 0o777 == 0o600
    assert lines[6] == "  not run because of it: nyc/cups"
    assert lines[8] == "Critical path: nyc 2.0 s = 2.0 s"
    shown = json.loads(CliRunner().invoke(app, ["runs", "show", "--json"], env=env).stdout)
    assert [unit["unit"] for unit in shown["units"]] == ["nyc", "nyc/cups", "sfo"]
    listed = json.loads(CliRunner().invoke(app, ["runs", "list", "--json"], env=env).stdout)
    assert [each["result"] for each in listed["runs"]] == ["failed"]


def test_a_look_for_drift_records_how_much_each_unit_has(run: Runs) -> None:
    drift = [DriftedResource("aws_sqs_queue.a", deleted=True)]
    assert [unit.drifted for unit in recorded(run, Outcome(NYC, "changes", drift=drift)).units] == [None]
    run.wants_drift = True
    outcomes = Outcome(NYC, "changes", drift=drift), Outcome(CUPS, "unchanged"), Outcome(QUEUE, "failed")
    assert [unit.drifted for unit in recorded(run, *outcomes).units] == [1, 0, None]


def test_the_newest_of_several_runs_within_a_second_is_the_last(run: Runs) -> None:
    made = [recorded(run, Outcome(NYC, "applied")).id for _ in range(5)]
    assert made == sorted(set(made)) == [record.id for record in recorded_run.records(run.workspace)][::-1]


def test_a_run_that_was_killed_keeps_what_was_done(run: Runs) -> None:
    record = recorded(run, Outcome(SFO, "applied"), Outcome(NYC, "applied"))
    file = run.workspace.home / "runs" / record.id / "run.jsonl"
    head, *lines = file.read_text().splitlines()
    dead = {**json.loads(head), "process": {"pid": 1, "started": "never"}}
    file.write_text("\n".join([json.dumps(dead), lines[0], lines[1][:20]]))
    found = recorded_run.find_run(run.workspace, record.id[:8])
    assert (found.result, found.seconds, [unit.unit for unit in found.units]) == ("killed", None, ["sfo"])
    assert found.process == Process(1, "never")


def test_the_records_of_several_machines_become_one(run: Runs, tmp_path: Path) -> None:
    env = {"PRESSO_ROOT": str(run.workspace.root)}
    for number, outcome in enumerate((Outcome(NYC, "applied", seconds=3), Outcome(SFO, "failed", seconds=1))):
        recorded(run, outcome)
        runs = run.workspace.home / "runs"
        runs.rename(tmp_path / f"shard-{number}")
        (file,) = (tmp_path / f"shard-{number}").rglob("run.jsonl")
        text = file.read_text()
        moment = json.loads(text.splitlines()[0])["began"]
        file.write_text(text.replace(moment, f"2026-01-01 10:00:0{number * 5}"))
    shards = [str(tmp_path / f"shard-{number}") for number in range(2)]
    merged = CliRunner().invoke(app, ["runs", "merge", *shards, "--json"], env=env)
    assert merged.exit_code == 1
    found = json.loads(merged.stdout)
    assert (found["total"], found["result"], found["began"]) == (8, "failed", "2026-01-01 10:00:00")
    assert [unit["unit"] for unit in found["units"]] == ["sfo", "nyc"]
    assert found["units"][0]["began"] >= 5
    assert run_id(run) == found["id"]
    assert "has no record" in CliRunner().invoke(app, ["runs", "merge", str(tmp_path / "no")], env=env).stderr


def run_id(run: Runs) -> str:
    return recorded_run.find_run(run.workspace, "").id


def test_the_newest_records_are_kept(run: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorded_run, "_KEPT", 2)
    old = run.workspace.home / "runs" / "20200101-000000-aaaa"
    old.mkdir(parents=True)
    (old.with_name("20200102-000000-aaaa")).mkdir()
    recorded(run, Outcome(SFO, "applied"))
    assert not old.exists()
    assert len(list(old.parent.iterdir())) == 2


def test_nothing_is_written_when_every_unit_is_left_out(run: Runs) -> None:
    with recorded_run.recorded(run, Silent()):
        run.display.ended(Outcome(SFO, "unchanged", left_out=True))
    assert not run.workspace.home.exists()
    with pytest.raises(UsageError, match="There is no run"):
        recorded_run.find_run(run.workspace, "2026")


def test_a_record_that_cannot_be_written_stops_no_run(run: Runs) -> None:
    run.workspace.home.write_text("a file")
    with recorded_run.recorded(run, Silent()):
        run.display.ended(Outcome(SFO, "applied", log="missing.log"))


def test_the_time_left_follows_the_longest_chain_and_the_cores(
    run: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(run, Outcome(NYC, "applied", seconds=10), Outcome(CUPS, "applied", seconds=30))
    known = forecast.durations(run.workspace, "apply")
    assert known == {NYC: 10.0, CUPS: 30.0}
    # sfo takes as long as the other platform, nyc/queue as long as any unit.
    assert forecast.expected([NYC, CUPS, QUEUE, SFO], known) == {NYC: 10, CUPS: 30, QUEUE: 20, SFO: 10}
    clock = [1000.0]
    monkeypatch.setattr(forecast.time, "monotonic", lambda: clock[0])
    left = Forecast(run)
    assert left.left() == 40  # nyc, then nyc/cups
    left.began(NYC)
    clock[0] += 4
    assert left.left() == 36
    left.ended(NYC)
    left.ended(SFO)
    clock[0] += 2
    assert left.left() == 30
    shutil.rmtree(run.workspace.home)
    assert Forecast(run).left() is None


def test_a_record_begins_with_the_run_also_if_two_units_begin_at_once(
    run: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = recorded_run._head
    threads = []

    def meanwhile(record: recorded_run.RecordedRun) -> dict[str, Any]:
        threads.append(threading.Thread(target=lambda: run.display.ended(Outcome(SFO, "applied"))))
        threads[0].start()
        threads[0].join(0.1)  # it waits until the first line is written
        return head(record)

    monkeypatch.setattr(recorded_run, "_head", meanwhile)
    with recorded_run.recorded(run, Silent()):
        run.display.ended(Outcome(NYC, "applied"))
        threads[0].join()
    assert {unit.unit for unit in recorded_run.find_run(run.workspace, "").units} == {"nyc", "sfo"}


def test_a_folder_that_is_named_twice_counts_once(run: Runs, tmp_path: Path) -> None:
    record = recorded(run, Outcome(NYC, "applied", seconds=1))
    folder = run.workspace.home / "runs" / record.id
    shutil.copytree(folder, tmp_path / "again")
    merged = recorded_run.merged(run.workspace, [folder, tmp_path / "again", folder])
    assert (merged.total, merged.units) == (record.total, record.units)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"began": "yesterday"}, id="no-moment"),
        pytest.param({"total": "4"}, id="no-number"),
        pytest.param({"seconds": "1"}, id="no-seconds"),
        pytest.param({"began": None}, id="nothing"),
        pytest.param({"needs": [1]}, id="no-names"),
    ],
)
def test_a_record_of_wrong_values_is_none(run: Runs, change: dict[str, Any]) -> None:
    record = recorded(run, Outcome(NYC, "applied", seconds=1))
    file = run.workspace.home / "runs" / record.id / "run.jsonl"
    head, unit, end = map(json.loads, file.read_text().splitlines())
    for line in (head, unit, end):
        line.update({name: value for name, value in change.items() if name in line})
    file.write_text("".join(f"{json.dumps(line)}\n" for line in (head, unit, end)))
    assert [*recorded_run.records(run.workspace)] == []
    with pytest.raises(UsageError, match="has no record of a run"):
        recorded_run.merged(run.workspace, [file.parent])


def test_units_that_need_each_other_have_a_critical_path_all_the_same(run: Runs) -> None:
    record = recorded(run, Outcome(NYC, "applied", seconds=1))
    (unit,) = record.units
    assert replace(record, units=(replace(unit, needs=("nyc",)),)).critical_path[-1].unit == "nyc"
