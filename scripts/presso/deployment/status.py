"""The status: the local AWS and the deployed units."""

import contextlib
from dataclasses import dataclass

from presso import tenants
from presso.deployment import state_files, unfinished
from presso.errors import PressoError
from presso.local_aws import LocalAws, Status
from presso.tenants import Tenant
from presso.units.unit import Unit
from presso.workspace import Workspace


@dataclass(frozen=True)
class Deployed:
    """What is deployed, as seen at one moment."""

    workspace: Workspace
    local: Status
    states: list[state_files.State]
    unfinished: list[Unit]


def look(workspace: Workspace) -> Deployed:
    """Return what is deployed, and which units have runs that did not end well, or run now."""
    states = state_files.deployed(workspace, _readable(workspace))
    return Deployed(workspace, LocalAws(workspace.local).status(), states, unfinished.units(workspace))


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


def stop(workspace: Workspace) -> bool:
    """Stop the local AWS; return whether it was running."""
    return LocalAws(workspace.local).stop()
