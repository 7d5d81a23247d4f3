"""presso new --from: an extension under another name."""

import json
import re
from typing import TYPE_CHECKING

import pytest
import yaml

from presso.errors import UsageError
from presso.gate.gate import Gate
from presso.presenters import scaffold
from presso.scaffold.answers import Given
from presso.scaffold.copying import Renaming

if TYPE_CHECKING:
    from pathlib import Path

    from tests.presso.scaffold.conftest import Bench


def copy(bench: "Bench", source: str, name: str, **more: str) -> "Path":
    scaffold.copy(bench.workspace, source, Given(name=name, **more), json_wanted=True)
    return bench.workspace.extensions / name


@pytest.mark.slow
def test_a_copy_has_the_new_name_everywhere_and_passes_the_gate(
    bench: "Bench", checkout: "Path", capsys: pytest.CaptureFixture[str]
) -> None:
    bench.extension("order-metrics")
    folder = copy(bench, "order-metrics", "cup-statistics", title="Cups, counted")
    made = json.loads(capsys.readouterr().out)
    assert (made["name"], made["from"], made["left"]) == ("cup-statistics", "order-metrics", [])
    described = yaml.safe_load((folder / "extension.yaml").read_text())
    original = yaml.safe_load((bench.workspace.extensions / "order-metrics" / "extension.yaml").read_text())
    assert described == {**original, "name": "cup-statistics", "title": "Cups, counted"}
    readme = (folder / "README.md").read_text()
    assert readme.startswith("# Cups, counted\n")
    assert "nyc--cup-statistics--counters" in readme
    assert 'module "cup_statistics"' in readme
    for path in folder.rglob("*"):
        assert not path.is_file() or not re.search(r"(?i)order.metrics", path.read_text()), path
    with Gate(bench.workspace, "plan") as gate:
        report = gate.check("cup-statistics")
    assert report.passed, report.findings


def test_a_copy_brings_the_inventories_of_its_plan(bench: "Bench") -> None:
    bench.extension("order-metrics")
    original = bench.workspace.extensions / "order-metrics" / "tests"
    copied = copy(bench, "order-metrics", "cup-statistics") / "tests"
    for name in ("plan.yaml", "plan-short-memory.yaml"):
        assert (copied / name).read_text() == (original / name).read_text().replace(
            "order-metrics", "cup-statistics"
        )


@pytest.mark.slow
def test_an_event_named_after_the_extension_is_renamed_with_it(bench: "Bench") -> None:
    bench.new("evening-news", pattern="scheduled-digest")
    folder = copy(bench, "evening-news", "morning-news")
    described = yaml.safe_load((folder / "extension.yaml").read_text())
    assert [event["detail-type"] for event in described["emits"]] == ["MorningNews.Digest"]
    assert "MorningNews.Digest" in (folder / "main.tf").read_text()
    kept = yaml.safe_load((folder / ".scaffold.yaml").read_text())
    assert kept["answers"]["name"] == "morning-news"


@pytest.mark.slow
def test_a_name_that_is_an_ordinary_word_is_renamed_where_only_the_name_can_be(
    bench: "Bench", capsys: pytest.CaptureFixture[str]
) -> None:
    source = bench.new("feedback", title="Guests' opinions")
    (source / "README.md").write_text(
        (source / "README.md").read_text() + "\nGuests give feedback.\n", encoding="utf-8"
    )
    capsys.readouterr()
    folder = copy(bench, "feedback", "opinions")
    readme = (folder / "README.md").read_text()
    assert "Guests give feedback." in readme
    assert "nyc--opinions--" in readme
    assert "extensions: [opinions]" in readme
    made = json.loads(capsys.readouterr().out)
    line = len(readme.splitlines())
    assert made["left"] == [f"README.md:{line}"]
    with Gate(bench.workspace, "static") as gate:
        assert gate.check("opinions").passed


@pytest.mark.parametrize(
    ("text", "renamed"),
    [
        ("nyc--wait-times--orders", "nyc--x9--orders"),
        ("serverlesspresso.extension.wait-times", "serverlesspresso.extension.x9"),
        ("my-wait-times", "my-wait-times"),
        ("wait-times-2", "wait-times-2"),
        ("wait_times.py", "x9.py"),
        ("WaitTimes.Digest", "X9.Digest"),
        ("WaitTimesTable", "X9Table"),
        ("Wait times of the bar", "Nine of the bar"),
    ],
)
def test_a_name_is_renamed_as_a_whole_or_not_at_all(text: str, renamed: str) -> None:
    assert Renaming("wait-times", "x9", "Wait times", "Nine").apply(text) == renamed


def test_what_cannot_be_copied_is_refused_and_nothing_is_written(bench: "Bench") -> None:
    bench.extension("order-metrics")
    before = bench.made()
    with pytest.raises(UsageError, match="There is no extension order-metric:") as missing:
        copy(bench, "order-metric", "x1")
    assert "Did you mean order-metrics?" in missing.value.hint
    with pytest.raises(UsageError, match="is taken"):
        copy(bench, "order-metrics", "order-metrics")
    with pytest.raises(UsageError, match="a double hyphen"):
        copy(bench, "order-metrics", "order--metrics")
    broken = bench.workspace.extensions / "order-metrics"
    (broken / "src" / "link").symlink_to("/etc/passwd")
    with pytest.raises(UsageError, match=r"src/link is a link, which cannot be copied\."):
        copy(bench, "order-metrics", "x1")
    (broken / "src" / "link").unlink()
    (broken / "extension.yaml").write_text("name: order-metrics\n")
    with pytest.raises(UsageError, match="description: missing"):
        copy(bench, "order-metrics", "x1")
    assert bench.made() == before
