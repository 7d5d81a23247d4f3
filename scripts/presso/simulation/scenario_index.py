"""The index of a folder of scenarios: what Terraform needs to know of each without reading its events.

It is the file `index.yaml` beside the scenarios. The module event-player uses an entry while its MD5 is the
scenario's, and otherwise reads the scenario itself, which takes Terraform a second for some megabytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from presso import atomic, regular_file
from presso.errors import PressoError, UsageError
from presso.simulation import scenarios

FILE = "index.yaml"
_NOTE = "# Written by `presso scenario`: where the blocks of events are in each file, and what it holds.\n"
_OPEN, _CLOSE, _BETWEEN = '  "events": [\n', "\n  ]\n}\n", ",\n"


def text(folder: Path) -> str:
    """Return the index of the scenarios in a folder.

    A file that is not a scenario, or does not have one event a line, has no entry.
    """
    import yaml

    found = {name: _entry(folder / f"{name}.json") for name in scenarios.names(folder)}
    entries = {name: entry for name, entry in found.items() if entry}
    shown: str = yaml.safe_dump(entries, sort_keys=False, allow_unicode=True, width=110)
    return _NOTE + shown


def write(folder: Path) -> None:
    """Write the index of the scenarios in a folder.

    Raises:
        PressoError: The file cannot be written.
    """
    try:
        atomic.write(folder / FILE, text(folder))
    except OSError as error:
        raise PressoError(f"{folder / FILE}: cannot be written: {error.strerror}.") from None


def _entry(path: Path) -> dict[str, Any] | None:
    try:
        scenario = scenarios.load(path)  # no entry depends on sources
        content = regular_file.contents(path)
    except (UsageError, OSError):
        return None
    head, opened, rest = content.decode().partition(_OPEN)
    rows = rest.removesuffix(_CLOSE).split(_BETWEEN)
    if not rest.endswith(_CLOSE) or not _are(rows, json.loads(content)["events"]):
        return None
    blocks = _blocks(len(f"{head}{opened}".encode()), rows)
    return {
        "md5": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        "title": scenario.title,
        "minutes": scenario.minutes,
        "orders": scenario.orders,
        "events": len(rows),
        "history": scenarios.history_entries(scenario.events),
        "largest": max(last - first + 1 for first, last in blocks),
        "ranges": [f"bytes={first}-{last}" for first, last in blocks],
    }


def _are(rows: Sequence[str], events: Sequence[Any]) -> bool:
    try:
        return [json.loads(row) for row in rows] == events
    except ValueError:
        return False


def _blocks(start: int, rows: Sequence[str]) -> list[tuple[int, int]]:
    """The first and the last byte of each block of events, of which the first begins at `start`."""
    found = []
    for place in range(0, len(rows), scenarios.BLOCK_EVENTS):
        size = len(_BETWEEN.join(rows[place : place + scenarios.BLOCK_EVENTS]).encode())
        found.append((start, start + size - 1))
        start += size + len(_BETWEEN)
    return found
