"""pip and npm are ended when they take or write more than a package can have."""

import sys
from pathlib import Path

import pytest

from presso.packages import programs

pytestmark = pytest.mark.slow


def test_a_program_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "MOST_SECONDS", 0.2)
    code, output = programs.run([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path, {})
    assert code
    assert "took more than" in output


def test_a_program_that_writes_too_much_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "MOST_BYTES", 1000)
    write = "import tempfile, time\nwith tempfile.NamedTemporaryFile(buffering=0) as file:\n"
    write += "    file.write(b'x' * 2000)\n    time.sleep(60)\n"
    code, output = programs.run([sys.executable, "-c", write], tmp_path, {})
    assert code
    assert "wrote more than" in output
