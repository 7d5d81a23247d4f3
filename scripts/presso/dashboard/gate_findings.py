"""The gate's findings on the extensions of a checkout, at level static: by a process of its own.

Reading extensions takes a second of computing, and has limits that hold in a process's main thread alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from typing import Any

from presso import child
from presso.folders import files_below
from presso.workspace import Workspace

_COMMAND = ("check", "--all", "--level", "static", "--json")
_POLL_SECONDS = 0.2


class GateFindings:
    """The reports, made again when a file of an extension, the catalog or the waivers has changed.

    Args:
        workspace: The checkout.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._stamps: list[str] = []
        self._reports: list[dict[str, Any]] = []
        self.problem = ""

    def reports(self, stop: threading.Event) -> list[dict[str, Any]]:
        """Return what `presso check --json` prints of each; those so far when `stop` is set meanwhile."""
        stamps = self._read_stamps()
        if stamps != self._stamps and not stop.is_set():
            found = self._check(stop)
            if found is not None:
                self._stamps, self._reports = stamps, found
        return self._reports

    def _read_stamps(self) -> list[str]:
        workspace = self._workspace
        folders = (workspace.extensions, workspace.modules / "event-catalog", workspace.root / "waivers.yaml")
        paths = [path for folder in folders for path in files_below(folder, ["__pycache__"]) or [folder]]
        return [f"{path} {path.stat().st_mtime_ns}" for path in paths if path.exists()]

    def _check(self, stop: threading.Event) -> list[dict[str, Any]] | None:
        workspace = self._workspace
        command = [sys.executable, "-m", "presso", "--home", str(workspace.home), *_COMMAND]
        env = {**os.environ, "PRESSO_ROOT": str(workspace.root)}
        options = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "env": env,
        }
        with child.running(command, **options) as process:
            while not stop.is_set():
                try:
                    out, err = process.communicate(timeout=_POLL_SECONDS)
                except subprocess.TimeoutExpired:
                    continue
                return self._parsed(out, err)
        return None

    def _parsed(self, out: bytes, err: bytes) -> list[dict[str, Any]]:
        try:
            found = json.loads(out)
        except ValueError:
            none = b"No extensions are named" in err
            self.problem = "" if none else err.decode(errors="replace").strip()[:500]
            return []
        self.problem = ""
        return list(found)
