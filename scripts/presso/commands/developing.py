"""dev."""

from typing import Annotated

import typer

from presso.commands import completion
from presso.commands.settings import settings


def dev(
    context: typer.Context,
    extension: Annotated[
        str, typer.Argument(metavar="EXTENSION", autocompletion=completion.extensions, show_default=False)
    ],
    tenant: Annotated[
        str,
        typer.Option(
            autocompletion=completion.tenants,
            help="Tenant to apply it in. [default: the only one on target local that lists it]",
        ),
    ] = "",
) -> None:
    """Apply an extension whenever it is saved, and show its events, logs and failures, until Ctrl-C.

    Example: presso dev order-metrics --tenant nyc
    """
    from presso.presenters import developing

    chosen = settings(context)
    developing.run(chosen.workspace, extension, tenant, quiet=chosen.quiet)
