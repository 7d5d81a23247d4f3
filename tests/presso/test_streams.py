"""Output that cannot be written, and closed streams: one clear error, or a quiet end; never a bug."""

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.patience import PATIENCE

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from tests.presso.conftest import Small

# Each way in which something is printed: by a command, by the command line itself, as JSON.
COMMANDS = ["status", "status --json", "scenario list", "--version", "--help", "catalog --help"]
REFUSED = "plan nyk"
# presso on a checkout that needs no local AWS: none is started, and so none is left.
PRESSO = Path(__file__).parent / "resources" / "small_presso.py"


def presso(small: "Small", command: str, redirected: str) -> subprocess.CompletedProcess[str]:
    """Run presso in a shell, which can close streams."""
    return subprocess.run(
        ["sh", "-c", f'exec "$0" "$1" {command} {redirected}', sys.executable, str(PRESSO)],
        env={**os.environ, "PRESSO_ROOT": str(small.workspace.root)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_device_is_one_error(small: "Small", command: str) -> None:
    done = presso(small, command, "> /dev/full")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "Error: The result cannot be written to standard output: No space left on device.",
        "Hint: Free some space, or redirect the output to another disk.",
    ]


@pytest.mark.parametrize("command", [*COMMANDS, REFUSED, "apply nyc"])
def test_a_closed_output_is_refused_before_anything_is_done(small: "Small", command: str) -> None:
    done = presso(small, command, ">&-")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: Standard output is closed, so presso cannot print the result;")
    assert len(done.stderr.splitlines()) == 2
    assert not (small.workspace.home / "units").exists()


class TestEnvironment:
    """`presso env`, whose output a shell reads: `eval "$(presso env nyc)"`."""

    @pytest.fixture(autouse=True)
    def _on_aws(self, small: "Small") -> None:
        """For a tenant on AWS there is no local AWS to start."""
        small.tenant("oslo", target="aws", region="eu-north-1")

    @pytest.mark.parametrize("command", ["env oslo", "env oslo --json"])
    @pytest.mark.parametrize(
        ("redirected", "error"),
        [
            ("> /dev/full", "Error: The result cannot be written to standard output: No space left"),
            (">&-", "Error: Standard output is closed, so presso cannot print the result; nothing was done."),
        ],
    )
    def test_a_result_that_cannot_be_written_is_one_error(
        self, small: "Small", command: str, redirected: str, error: str
    ) -> None:
        done = presso(small, command, redirected)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(error)
        assert len(done.stderr.splitlines()) == 2

    def test_no_local_aws_is_started_for_a_closed_output(self, small: "Small") -> None:
        assert presso(small, "env", ">&-").returncode == 1
        assert not small.workspace.local.exists()


@pytest.mark.parametrize("command", COMMANDS)
def test_a_reader_that_went_away_ends_it_quietly(small: "Small", command: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, str(PRESSO), *command.split()],
            env={**os.environ, "PRESSO_ROOT": str(small.workspace.root)},
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize("redirected", ["2>&-", "2> /dev/full", "<&-"])
def test_what_a_command_does_needs_no_other_stream(small: "Small", redirected: str) -> None:
    done = presso(small, "scenario list --json", redirected)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[]\n", "")


@pytest.mark.parametrize("redirected", ["2>&-", "2> /dev/full"])
def test_an_error_that_cannot_be_printed_is_still_an_exit_code(small: "Small", redirected: str) -> None:
    done = presso(small, REFUSED, redirected)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")


def test_a_file_never_takes_the_place_of_a_closed_stream(small: "Small") -> None:
    done = presso(small, "apply nyc --json", "<&- 2>&-")
    assert (done.returncode, done.stderr) == (0, "")
    for path in small.workspace.home.rglob("*"):
        assert not path.is_file() or b"nyc: apply" not in path.read_bytes(), path


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-16"])
def test_characters_that_the_terminal_lacks_are_escapes(small: "Small", encoding: str) -> None:
    done = subprocess.run(
        [sys.executable, str(PRESSO), "plan", "caf\u00e9\u2026\U0001f600"],
        env={**os.environ, "PRESSO_ROOT": str(small.workspace.root), "PYTHONIOENCODING": encoding},
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 2
    assert "There is no tenant caf" in done.stderr.decode(encoding)
