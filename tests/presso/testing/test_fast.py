"""`presso test --fast` runs the tests that start no process, and a test cannot claim to be one of them."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.patience import PATIENCE

OF_EACH_KIND = """
import pytest

def test_a_function():
    pass

@pytest.mark.slow
def test_with_a_mark():
    raise AssertionError

def test_with_the_local_aws(local_aws):
    raise AssertionError
"""


@pytest.mark.slow
def test_fast_leaves_out_what_starts_a_process(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(OF_EACH_KIND)
    program = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "presso.testing.plugin",
        "-p",
        "no:cacheprovider",
        "--fast",
    ]
    done = subprocess.run(
        program, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert (done.returncode, done.stdout.splitlines()[-1].split(" in ")[0].strip("= ")) == (
        0,
        "1 passed, 2 deselected",
    )


def test_a_process_is_refused_to_a_test_without_the_mark() -> None:
    with pytest.raises(RuntimeError, match=r"pytest\.mark\.slow"):
        subprocess.run([sys.executable, "--version"], check=False)
