"""The status: the local AWS and the deployed units."""

import contextlib
import json
from dataclasses import dataclass
from typing import Any

from presso import tenants, terminal
from presso.deployment import state_files
from presso.errors import PressoError
from presso.local_aws import LocalAws, Status
from presso.tenants import Tenant
from presso.workspace import Workspace


@dataclass(frozen=True)
class Found:
    """What is deployed, as seen at one moment."""

    workspace: Workspace
    local: Status
    states: list[state_files.State]


def look(workspace: Workspace) -> Found:
    """Return what is deployed."""
    return Found(
        workspace, LocalAws(workspace.local).status(), state_files.deployed(workspace, _readable(workspace))
    )


def _readable(workspace: Workspace) -> list[Tenant]:
    """The tenants whose files can be read; for the others, the states on this machine are shown."""
    found = []
    for name in tenants.names_of(workspace):
        with contextlib.suppress(PressoError):
            found.append(tenants.load(workspace, name))
    return found


def start(workspace: Workspace) -> None:
    """Start the local AWS.

    Raises:
        PressoError: It does not start; names its log.
    """
    LocalAws(workspace.local).ensure()


def stop(workspace: Workspace, *, json_wanted: bool) -> None:
    """Stop the local AWS and print whether it was running."""
    ran = LocalAws(workspace.local).stop()
    if json_wanted:
        terminal.result(json.dumps({"stopped": ran}))
    else:
        terminal.result("The local AWS is stopped." if ran else "The local AWS was not running.")


def show(found: Found, *, json_wanted: bool) -> None:
    """Print the local AWS and the units."""
    if json_wanted:
        units = [
            {
                "unit": str(s.unit),
                "resources": None if s.broken else s.resources,
                "broken": s.broken.message if s.broken else None,
                "changed": s.changed.isoformat(timespec="seconds"),
            }
            for s in found.states
        ]
        terminal.result(json.dumps({"local": _local(found), "units": units}, indent=2))
        return
    show_local(found, json_wanted=False)
    rows = [
        [
            str(s.unit),
            "broken" if s.broken else str(s.resources),
            s.changed.astimezone().strftime("%Y-%m-%d %H:%M:%S"),
        ]
        for s in found.states
    ]
    terminal.result(
        terminal.table(["unit", "resources", "last changed"], rows, right=(1,))
        if rows
        else "No unit is deployed."
    )
    for state in found.states:
        if state.broken:
            terminal.error(state.broken.message, state.broken.hint)


def show_local(found: Found, *, json_wanted: bool) -> None:
    """Print the local AWS alone."""
    local = _local(found)
    if json_wanted:
        terminal.result(json.dumps(local, indent=2))
        return
    running = local["endpoint"]
    terminal.result(f"The local AWS runs at {running}" if running else "The local AWS is not running.")
    for part in local["parts"]:
        if part["pid"]:
            terminal.result(f"  {part['name']}: process {part['pid']}, log {part['log']}")
    if local["data_lost"]:
        terminal.result("  It was killed and its resources are lost; apply creates them again.")


def _local(found: Found) -> dict[str, Any]:
    running = found.local.running
    return {
        "running": running is not None,
        "endpoint": running.endpoint if running else None,
        "parts": [
            {"name": part.name, "pid": part.pid, "log": found.workspace.shown(part.log)}
            for part in found.local.parts
        ],
        "data_lost": found.local.data_lost,
    }
