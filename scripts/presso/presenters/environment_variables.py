"""Prints the environment variables for manual work."""

import shlex

from presso import tenants, terminal
from presso.deployment import target_environment
from presso.workspace import Workspace


def show(workspace: Workspace, tenant: str, *, json_wanted: bool) -> None:
    """Print the variables as `export` lines or as JSON; start the local AWS if needed.

    Args:
        tenant: The tenant whose account and region to use; "" for the default local account.
        json_wanted: As one JSON object.

    Raises:
        PressoError: The tenant is unknown, or the local AWS does not start.
    """
    known = tenants.load(workspace, tenant) if tenant else None
    variables = target_environment.variables(workspace, known)
    if json_wanted:
        terminal.as_json(variables)
        return
    for name, value in variables.items():
        terminal.result(f"export {name}={shlex.quote(value)}")
