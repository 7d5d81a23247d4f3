"""The author's guide, followed literally: all that it shows as sh is run, in its order."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from tests.presso.scaffold.conftest import Bench

GUIDE = Path("docs", "guides", "author.md")
FENCED = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.mark.timeout(600)
def test_a_newcomers_first_extension_following_the_guide_literally_is_green(
    bench: "Bench", checkout: Path
) -> None:
    blocks = FENCED.findall((checkout / GUIDE).read_text())
    commands = "".join(blocks)
    for command in ("new", "check", "test", "apply", "play", "destroy", "down"):
        assert f"./presso {command}" in commands
    launcher = bench.root / "presso"
    launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m presso "$@"\n')
    launcher.chmod(0o755)
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=bench.root,
        env={**env, "PRESSO_ROOT": str(bench.root), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=580,
        check=False,
    )
    try:
        assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
        assert "first-cup: passed" in done.stdout
        assert re.search(r"\d+ passed in ", done.stdout), done.stdout
        assert sorted(path.name for path in bench.workspace.extensions.iterdir()) == ["first-cup"]
        assert list(bench.workspace.tenants.iterdir()) == []
    finally:
        bench.presso("down")
