"""`presso lint` runs what it promises."""

import subprocess
import sys
from pathlib import Path

import pytest

from presso.project import linters
from presso.testing import linting
from presso.workspace import Workspace


@pytest.mark.slow
def test_every_linter_runs_even_when_one_complains(
    capsys: pytest.CaptureFixture[str],
) -> None:
    complain = [sys.executable, "-c", "raise SystemExit(1)"]
    fine = [sys.executable, "-c", ""]
    assert linting.run(Workspace.find(), [("one", complain), ("two", fine)]) == 1
    said = capsys.readouterr().err
    assert "one\ntwo\n" in said
    assert "Failed: one." in said


@pytest.mark.slow
def test_a_feature_that_the_oldest_python_lacks_is_found(tmp_path: Path) -> None:
    found = dict(linters.of_presso(Workspace.find()))
    command = found["features of the oldest Python"]
    (tmp_path / "newer.py").write_text("from itertools import batched\n")
    options = [word for word in command if not (Workspace.find().root / word).is_dir()]
    done = subprocess.run([*options, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "'itertools.batched' member requires !2, 3.12" in done.stdout
