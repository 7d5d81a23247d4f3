"""presso catalog code: printed, written to a folder, and compared with the catalog later."""

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.presso.conftest import ORDERED
from typer.testing import CliRunner, Result

from presso.cli import app

if TYPE_CHECKING:
    from tests.presso.conftest import Bench

pytestmark = pytest.mark.slow

FILES = ["__init__.py", "bar_ordered.py", "reading.py"]


@pytest.fixture
def code(bench: "Bench", checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`presso catalog code` in the small checkout, whose envelope is the real one."""
    bench.write(
        "modules/event-catalog/envelope.yaml", (checkout / "modules/event-catalog/envelope.yaml").read_text()
    )
    monkeypatch.setenv("PRESSO_ROOT", str(bench.workspace.root))
    monkeypatch.chdir(bench.workspace.root)

    def call(*arguments: str, code: int = 0) -> Result:
        done = CliRunner().invoke(app, ["catalog", "code", *arguments])
        assert done.exit_code == code, done.output
        return done

    return call


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _another(bench: "Bench") -> None:
    bench.event({**ORDERED, "detail-type": "Bar.Paid"})


def test_code_is_printed_file_by_file(code: Any) -> None:
    text = code("bar.ordered").stdout
    assert [line for line in text.splitlines() if line.startswith("==>")] == [
        f"==> {name} <==" for name in FILES
    ]
    assert sorted(json.loads(code("Bar.Ordered", "--json").stdout)["files"]) == FILES


def test_code_is_written_to_a_folder_once_and_is_then_up_to_date(code: Any, tmp_path: Path) -> None:
    folder = tmp_path / "src" / "events"
    changed = json.loads(code("Bar.Ordered", "--out", str(folder), "--json").stdout)["changed"]
    assert changed == [str(folder / name) for name in FILES]
    assert _files(folder) == FILES
    code("--check", str(folder))
    assert json.loads(code("--out", str(folder), "--json").stdout) == {"changed": []}


def test_a_folder_has_the_code_of_the_events_that_were_asked_for_last(
    bench: "Bench", code: Any, tmp_path: Path
) -> None:
    _another(bench)
    code("Bar.Ordered", "--out", str(tmp_path / "events"))
    (tmp_path / "events" / "own.py").write_text("MINE = 1\n")
    code("Bar.Paid", "--out", str(tmp_path / "events"))
    assert _files(tmp_path / "events") == ["__init__.py", "bar_paid.py", "own.py", "reading.py"]
    code("--check", str(tmp_path / "events"))


def test_code_that_the_catalog_has_left_behind_is_reported_and_brought_up_to_date(
    bench: "Bench", code: Any, tmp_path: Path
) -> None:
    folder = str(tmp_path / "events")
    code("Bar.Ordered", "--out", folder)
    detail: dict[str, Any] = ORDERED["detail"]
    more = {**detail["properties"], "size": {"type": "string", "description": "How big."}}
    bench.event({**ORDERED, "detail": {**detail, "properties": more}})
    reported = code("--check", folder, code=1).stderr
    assert f"{folder}/bar_ordered.py: differs from the catalog" in reported
    assert f"Update it: presso catalog code --out {folder}" in reported
    assert json.loads(code("--check", folder, "--json", code=1).stdout)["faults"] == [
        f"{folder}/bar_ordered.py: differs from the catalog"
    ]
    code("--out", folder)
    code("--check", folder)
    assert "size: str | None = None" in (tmp_path / "events" / "bar_ordered.py").read_text()


def test_missing_superfluous_and_orphaned_code_is_reported(bench: "Bench", code: Any, tmp_path: Path) -> None:
    folder = tmp_path / "events"
    code("Bar.Ordered", "--out", str(folder))
    (folder / "reading.py").unlink()
    (folder / "copy.py").write_text((folder / "bar_ordered.py").read_text())
    reported = code("--check", str(folder), code=1).stderr
    assert "reading.py: is missing" in reported
    assert "copy.py: belongs to none of the events here" in reported
    _another(bench)
    (bench.workspace.root / "modules/event-catalog/events/Bar.Ordered.yaml").unlink()
    assert "Bar.Ordered is not in the catalog any more" in code("--check", str(folder), code=1).stderr


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("Bar is open (again)", "bar_is_open_again.py"),
        ("2nd order", "event_2nd_order.py"),
        ("größer", "gr_er.py"),
        ("新しい", "event_.py"),
        ("class", "class_.py"),
        ("reading", "reading_.py"),
    ],
)
def test_an_event_of_any_name_has_a_module_and_is_known_again(
    name: str, module: str, bench: "Bench", code: Any, tmp_path: Path
) -> None:
    bench.event({**ORDERED, "detail-type": name})
    code(name, "--out", str(tmp_path / "events"))
    assert _files(tmp_path / "events") == sorted(["__init__.py", module, "reading.py"])
    subprocess.run(
        [
            sys.executable,
            "-I",
            "-B",
            "-c",
            f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import events",
        ],
        check=True,
    )
    assert json.loads(code("--out", str(tmp_path / "events"), "--json").stdout) == {"changed": []}
    code("--check", str(tmp_path / "events"))


def test_another_ones_file_is_not_written_over(code: Any, tmp_path: Path) -> None:
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "reading.py").write_text("MINE = 1\n")
    done = code("Bar.Ordered", "--out", str(tmp_path / "events"), code=1)
    assert "was not created by presso catalog code" in str(done.exception) + done.stderr
    assert _files(tmp_path / "events") == ["reading.py"]


@pytest.mark.parametrize(
    ("arguments", "reported"),
    [
        ((), "No event is named"),
        (("Bar.Orderd",), "There is no event Bar.Orderd"),
        (("Bar.Ordered", "--language", "cobol"), "There is no code in cobol"),
        (("Bar.Ordered", "--out", "tenants/file"), "is not a folder"),
        (("--check", "tenants"), "has no generated code"),
    ],
)
def test_bad_input_is_one_error(arguments: tuple[str, ...], reported: str, bench: "Bench", code: Any) -> None:
    bench.write("tenants/file", "")
    assert reported in code(*arguments, code=2).stderr


def test_lint_reports_stale_code_in_any_extension(bench: "Bench", code: Any) -> None:
    folder = bench.workspace.root / "extensions" / "one" / "src" / "events"
    code("Bar.Ordered", "--out", str(folder))
    lint = [sys.executable, "-m", "presso.catalog.bindings"]
    assert subprocess.run(lint, capture_output=True, check=False).returncode == 0
    (folder / "bar_ordered.py").write_text(
        (folder / "bar_ordered.py").read_text().replace("drink: str", "drink: int")
    )
    done = subprocess.run(lint, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Update it: presso catalog code --out extensions/one/src/events" in done.stderr


def test_generated_code_reads_nothing(bench: "Bench", code: Any) -> None:
    from presso.catalog.field_usage import Code

    handler = "from events import BarOrdered, parse\n\ndrink = parse(BarOrdered, text).detail.drink\n"
    bench.extension("one", "", handler_dot_py=handler)
    folder = bench.workspace.root / "extensions" / "one"
    code("Bar.Ordered", "--out", str(folder / "src" / "bindings"))
    reads = Code(bench.workspace, folder).reads("drink")
    assert [mention.file for mention in reads] == ["extensions/one/src/handler.py"]
    assert Code(bench.workspace, folder).reads("orderId") == []
