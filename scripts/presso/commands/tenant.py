"""tenant show."""

from typing import Annotated

import typer

from presso.commands import completion
from presso.commands.settings import Json, settings

tenant = typer.Typer(no_args_is_help=True, help="Look at tenants' settings.")


@tenant.command()
def show(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="TENANT", help="A tenant.", autocompletion=completion.tenants)
    ],
    json: Json = False,
) -> None:
    """Show a tenant's settings, and the file and line that each comes from.

    Example: presso tenant show nyc
    """
    from presso import tenants
    from presso.presenters.tenant_settings import show_tenant

    show_tenant(*tenants.read(settings(context).workspace, name), json_wanted=json)
