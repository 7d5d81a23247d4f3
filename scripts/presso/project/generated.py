"""Files of the project that are written by a command, and checked by lint."""

import sys
from collections.abc import Sequence
from pathlib import Path

from presso import atomic

ROOT = Path(__file__).parents[3]


def keep(root: Path, file: Path, wanted: str, module: str, arguments: Sequence[str]) -> int:
    """Write a file unless it is as wanted; with `--check`, only report that it is not.

    Args:
        file: The file's path in it.
        wanted: The file's text.
        module: What to run to have it written: `python -m <module>`.
        arguments: Of the command.

    Returns:
        The exit code: 1 when `--check` finds it stale, else 0.
    """
    path = root / file
    if path.is_file() and path.read_text(encoding="utf-8") == wanted:
        return 0
    if "--check" in arguments:
        print(f"{file} is stale: python -m {module}", file=sys.stderr)
        return 1
    atomic.write(path, wanted)
    return 0
