"""up, down, env."""

from typing import Annotated

import typer

from presso.commands import completion
from presso.commands.settings import Json, settings


def up(context: typer.Context, json: Json = False) -> None:
    """Start the local AWS. Commands that need it start it themselves.

    Example: presso up
    """
    from presso.deployment import status
    from presso.presenters.status import show_local

    workspace = settings(context).workspace
    status.start(workspace)
    show_local(status.look(workspace), json_wanted=json)


def down(context: typer.Context, json: Json = False) -> None:
    """Stop the local AWS; its resources are kept.

    Example: presso down
    """
    from presso.presenters import status

    status.stop(settings(context).workspace, json_wanted=json)


def env(
    context: typer.Context,
    tenant: Annotated[
        str,
        typer.Argument(
            help="Tenant whose account to use. [default: the default account]",
            autocompletion=completion.tenants,
        ),
    ] = "",
    json: Json = False,
) -> None:
    """Print environment variables for other AWS tools.

    They configure Terraform in a unit's folder, the AWS CLI and boto3.

    Example: eval "$(presso env nyc)" && terraform -chdir=.presso/units/nyc plan
    """
    from presso.presenters import environment_variables

    environment_variables.show(settings(context).workspace, tenant, json_wanted=json)
