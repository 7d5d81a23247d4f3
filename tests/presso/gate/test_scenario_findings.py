"""A scenario that an extension broke is in the verdict, in every form in which that is printed."""

import json
import shutil
from pathlib import Path

import pytest

from presso.presenters import gate
from presso.workspace import Workspace

SCENARIO = {"name": "short", "title": "T", "minutes": 1, "seed": 0, "orders": 0}
FILE = "modules/event-player/scenarios/short.json"
FOUND = "LowStock.RunningLow at 3 s: detail."


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the modules' rules are kept once they were read."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def platform(tmp_path: Path, checkout: Path, home: Path) -> Workspace:
    """A checkout of its own with an extension that emits, and a scenario in which what it emits is wrong."""
    root = tmp_path / "platform"
    for name in ("modules", "extensions/low-stock"):
        left = shutil.ignore_patterns("scenarios", "__pycache__", ".terraform")
        shutil.copytree(checkout / name, root / name, ignore=left)
    (root / "tenants").mkdir()
    scenario(root, "serverlesspresso.extension.low-stock", "LowStock.RunningLow")
    return Workspace(root, home)


def scenario(root: Path, source: str, name: str) -> None:
    event = {"at": 3, "source": source, "detail-type": name, "detail": {}}
    text = json.dumps({**SCENARIO, "events": ["EVENT"]}, indent=1).replace('"EVENT"', json.dumps(event))
    path = root / FILE
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


def check(
    platform: Workspace, capsys: pytest.CaptureFixture[str], form: str, *, everything: bool = False
) -> str:
    """What is printed of an extension that does not pass."""
    names = [] if everything else ["low-stock"]
    assert not gate.run(platform, names, everything=everything, level="static", form=form)
    return capsys.readouterr().out


@pytest.mark.slow
def test_it_is_in_the_report_for_people(platform: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    printed = check(platform, capsys, "text")
    assert "low-stock: refused" in printed
    assert f"error M-009  {FILE}:8" in printed
    assert FOUND in printed


@pytest.mark.slow
def test_it_is_in_json(platform: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    (report,) = json.loads(check(platform, capsys, "json"))
    assert (report["extension"], report["passed"], report["promises"]["M"]) == ("low-stock", False, "broken")
    found = [each for each in report["findings"] if each["check"] == "M-009"]
    assert found
    assert {(each["file"], each["line"]) for each in found} == {(FILE, 8)}
    assert all(each["found"].startswith(FOUND) for each in found)


def test_it_is_in_sarif(platform: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    (run,) = json.loads(check(platform, capsys, "sarif"))["runs"]
    found = [result for result in run["results"] if result["ruleId"] == "M-009"]
    assert found[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == FILE
    assert found[0]["level"] == "error"


def test_it_is_an_annotation_for_github(platform: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    lines = check(platform, capsys, "github").splitlines()
    assert [line for line in lines if line.startswith(f"::error file={FILE},line=8,title=M-009 ")]


def test_a_scenario_of_others_counts_with_all(
    platform: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario(platform.root, "awsserverlessda.serverlesspresso", "No.Such")
    assert gate.run(platform, ["low-stock"], everything=False, level="static", form="json")
    capsys.readouterr()
    own, others = json.loads(check(platform, capsys, "json", everything=True))
    assert (own["extension"], own["passed"]) == ("low-stock", True)
    assert (others["extension"], others["passed"]) == ("scenarios", False)
    assert "no such event in the catalog" in others["findings"][0]["found"]


def test_a_file_that_is_not_a_scenario_is_a_finding_too(
    platform: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    (platform.root / FILE).write_text('{\n"source": "serverlesspresso.extension.low-stock",\n')
    (report,) = json.loads(check(platform, capsys, "json"))
    (found,) = [each for each in report["findings"] if each["check"] == "M-009"]
    assert (found["line"], "not JSON" in found["found"]) == (3, True)
