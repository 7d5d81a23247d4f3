"""What the module event-function promises beyond its plan: the same code packs to the same bytes."""

import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CASES = Path(__file__).parent / "event-function"
FUNCTION = "aws_lambda_function.default"
SOURCES = [
    "bar_event.py",
    "batch.py",
    "count.py",
    "counters.py",
    "events/__init__.py",
    "events/order_manager_waiting_completion.py",
    "events/reading.py",
    "order.py",
]


@pytest.fixture
def packed(plan: Callable[..., Any], workspace: Path) -> Callable[[], tuple[str, list[str]]]:
    """Plan the function; return the hash of its code and the names of the packed files."""
    module = workspace / "modules" / "event-function"

    def pack() -> tuple[str, list[str]]:
        function = plan(module, [CASES / "pattern.tfvars"]).resources[FUNCTION]
        with zipfile.ZipFile(module / function["filename"]) as archive:
            return function["source_code_hash"], sorted(archive.namelist())

    return pack


def test_times_modes_and_leftovers_do_not_change_the_code_and_a_change_of_it_changes_the_function(
    packed: Any, workspace: Path
) -> None:
    source = workspace / "extensions" / "order-metrics" / "src"
    before = packed()
    assert before[1] == SOURCES
    for path in source.iterdir():
        os.utime(path, (1, 1))
        path.chmod(0o600)
    cache = source / "__pycache__"
    cache.mkdir()
    (cache / "handler.cpython-313.pyc").write_bytes(b"x")
    assert packed() == before

    with (source / "count.py").open("a") as file:
        file.write("# more\n")
    assert packed()[0] != before[0]
