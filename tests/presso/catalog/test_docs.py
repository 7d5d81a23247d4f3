"""The console examples in the catalog's pages do what they show; `…` is for any text."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

DOCS = Path(__file__).parents[3] / "docs"
PAGES = [(DOCS / name).read_text(encoding="utf-8") for name in ("catalog.md", "exports.md")]
BLOCKS = [block for page in PAGES for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL)]
EXAMPLES = [
    pytest.param(command, shown, id=command[:60])
    for block in BLOCKS
    for command, shown in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
]


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 6


@pytest.mark.parametrize(("command", "shown"), EXAMPLES)
def test_an_example_shows_what_presso_prints(
    command: str, shown: str, checkout: Path, tmp_path: Path
) -> None:
    command, shown = (text.replace(".presso/", f"{tmp_path}/") for text in (command, shown))
    script = command.replace("./presso", f"{sys.executable} -m presso --home {tmp_path}")
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=checkout,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    wanted = ".*".join(re.escape(part.strip("\n")) for part in re.split(r"^…\n", shown, flags=re.MULTILINE))
    assert re.fullmatch(wanted + r"\n?", done.stdout.rstrip("\n") + "\n", re.DOTALL), done.stdout
