"""Write the schema files, or check that they are what the packages give.

    python -m offline_aws.derive [--wheels DIR] [--check]

Without ``--wheels`` the packages of ``locks/schema.txt`` are downloaded (80 MB) to a temporary folder.
Exits 0 when the files are written or equal, 1 when ``--check`` finds a difference, 2 without the packages.
"""

import argparse
import difflib
import gzip
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from offline_aws.derive import wheels
from offline_aws.derive.document import derive, derive_others
from offline_aws.other_types import INDEX, TYPES, indexed

_FOLDER = Path(__file__).parents[1] / "schema"


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    parser = argparse.ArgumentParser(prog="python -m offline_aws.derive", description=__doc__)
    parser.add_argument("--wheels", type=Path, help="folder with the wheels of locks/schema.txt")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 when the files would change"
    )
    options = parser.parse_args(arguments)
    try:
        schema, behaviour, others = _derived(options.wheels)
    except FileNotFoundError as error:
        print(f"{error}\n--wheels DIR reads them from a folder of yours.", file=sys.stderr)
        return 2
    lines = [f"{name} {json.dumps(found, separators=(',', ':'))}\n" for name, found in sorted(others.items())]
    files = {"aws.json": text(schema), "aws-behaviour.json": text(behaviour), INDEX.name: indexed(lines)}
    if options.check:
        return _check(files)
    for name, content in files.items():
        (_FOLDER / name).write_text(content)
    # The index has the digest of each line, so that the bytes may be any compressor's.
    TYPES.write_bytes(gzip.compress("".join(lines).encode(), mtime=0))
    return 0


def _derived(folder: Path | None) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    if folder is not None:
        texts = wheels.bindings(folder)
        return *derive(folder, texts), derive_others(folder, texts)
    with tempfile.TemporaryDirectory() as temporary:
        wheels.download(Path(temporary))
        return _derived(Path(temporary))


def text(value: Any, depth: int = 0) -> str:
    """JSON with one attribute a line: small enough to keep, and a changed attribute is one changed line."""
    if not isinstance(value, dict) or not any(isinstance(item, dict) for item in value.values()):
        line = json.dumps(value)
        return line + "\n" if depth == 0 else line
    inner = " " * (depth + 1)
    lines = [f"{inner}{json.dumps(key)}: {text(item, depth + 1)}" for key, item in value.items()]
    body = "{\n" + ",\n".join(lines) + "\n" + " " * depth + "}"
    return body + "\n" if depth == 0 else body


def _check(files: dict[str, str]) -> int:
    changed = False
    for name, content in files.items():
        path = _FOLDER / name
        kept = path.read_text() if path.exists() else ""
        difference = list(
            difflib.unified_diff(kept.splitlines(True), content.splitlines(True), name, f"{name} (derived)")
        )
        sys.stdout.writelines(difference)
        changed = changed or bool(difference)
    return int(changed)


if __name__ == "__main__":
    sys.exit(main())
