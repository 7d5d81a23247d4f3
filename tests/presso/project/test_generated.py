"""A generated file is written once, and reported when it is stale."""

from pathlib import Path

import pytest

from presso.project.generated import keep

FILE = Path("docs") / "page.md"


def test_a_file_that_is_missing_is_reported_and_then_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert keep(tmp_path, FILE, "new\n", "a.module", ["--check"]) == 1
    assert capsys.readouterr().err == "docs/page.md is stale: python -m a.module\n"
    assert not (tmp_path / FILE).exists()
    assert keep(tmp_path, FILE, "new\n", "a.module", []) == 0
    assert (tmp_path / FILE).read_text() == "new\n"
    assert keep(tmp_path, FILE, "new\n", "a.module", ["--check"]) == 0


def test_a_file_as_it_should_be_is_left_alone(tmp_path: Path) -> None:
    keep(tmp_path, FILE, "same\n", "a.module", [])
    before = (tmp_path / FILE).stat().st_ino
    assert keep(tmp_path, FILE, "same\n", "a.module", []) == 0
    assert (tmp_path / FILE).stat().st_ino == before
