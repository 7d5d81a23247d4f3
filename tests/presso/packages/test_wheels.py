"""What pip prints is turned into the cause, with the dependency's name."""

import pytest

from presso.packages import requirements_lock, wheels
from presso.packages.platforms import Platform

PINS = requirements_lock.read(f"fast==1.0 --hash=sha256:{'0' * 64}", "src/requirements.txt")
NONE = "ERROR: No matching distribution found for fast==1.0\n"


@pytest.mark.parametrize(
    ("output", "found"),
    [
        (NONE, "fast==1.0 is not in the package index"),
        (
            f"WARNING: Retrying after connection broken by 'NewConnectionError(…)'\n{NONE}",
            "cannot be reached",
        ),
        (f"  Skipping link: https://x/fast-1.0.tar.gz\n{NONE}", "fast==1.0 is a source distribution only"),
        (f"  Skipping link: https://x/fast-0.9-py3-none-any.whl\n{NONE}", "is not in the package index"),
        (f"Skipping: https://x/fast-1-cp38-cp38-win32.whl\n{NONE}", "it has wheels for cp38-cp38-win32"),
        ("ERROR: Could not install: disk full\n", "pip cannot download the dependencies: Could not install"),
        ("", "pip cannot download the dependencies: no output"),
    ],
)
def test_the_cause_is_named(output: str, found: str) -> None:
    fault = wheels._fault(output, PINS, Platform("python3.13", "arm64"), "src/requirements.txt")
    assert found in fault.found
    assert fault.file == "src/requirements.txt"
