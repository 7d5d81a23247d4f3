"""Prints the status: the local AWS and the deployed units."""

from typing import Any

from presso import terminal
from presso.deployment import status
from presso.deployment.status import Deployed
from presso.workspace import Workspace


def stop(workspace: Workspace, *, json_wanted: bool) -> None:
    """Stop the local AWS and print whether it was running."""
    ran = status.stop(workspace)
    if json_wanted:
        terminal.as_json({"stopped": ran})
    else:
        terminal.result("The local AWS is stopped." if ran else "The local AWS was not running.")


def show(found: Deployed, *, json_wanted: bool) -> None:
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
        unfinished = [str(unit) for unit in found.unfinished]
        printed = {"local": _local(found), "units": units, "unfinished": unfinished}
        terminal.as_json(printed)
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
    for unit in found.unfinished:
        terminal.result(
            f"{unit}: a run has not ended well, or runs now; it may have created what the state lacks. "
            f"Run it again: presso apply {unit} (or destroy)."
        )
    for state in found.states:
        if state.broken:
            terminal.error(state.broken.message, state.broken.hint)


def show_local(found: Deployed, *, json_wanted: bool) -> None:
    """Print the local AWS alone."""
    local = _local(found)
    if json_wanted:
        terminal.as_json(local)
        return
    running = local["endpoint"]
    terminal.result(f"The local AWS runs at {running}" if running else "The local AWS is not running.")
    for part in local["parts"]:
        if part["pid"]:
            terminal.result(f"  {part['name']}: process {part['pid']}, log {part['log']}")
    if local["data_lost"]:
        terminal.result("  It was killed and its resources are lost; apply creates them again.")


def _local(found: Deployed) -> dict[str, Any]:
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
