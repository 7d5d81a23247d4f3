"""A command that is paused now and then: what it has started too, also a daemon; its exit code is kept."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.patience import PATIENCE

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")]

GOES_ON = """
import pathlib, signal, sys, time
signal.signal(signal.SIGCONT, lambda *_: pathlib.Path(sys.argv[1]).touch())
while not all(pathlib.Path(name).exists() for name in sys.argv[1:]):
    time.sleep(0.01)
sys.exit(7)
"""


def test_a_command_and_a_daemon_that_it_has_started_are_paused_and_go_on(tmp_path: Path) -> None:
    (tmp_path / "goes_on.py").write_text(GOES_ON)
    # The shell between them ends at once, so that the daemon has no parent any more.
    command = f"({sys.executable} goes_on.py daemon &); exec {sys.executable} goes_on.py command daemon"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "presso.project.pauses", "--seconds", "0.05", "--every", "0.2"),
            *("sh", "-c", command),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 7, done.stderr
    assert "a pause of 0.05 s" in done.stderr
