"""build: packages of functions with dependencies."""

from typing import Annotated

import typer

from presso.commands import completion
from presso.commands.settings import Json, settings


def build(
    context: typer.Context,
    extensions: Annotated[
        list[str],
        typer.Argument(
            metavar="EXTENSION…",
            help="Extensions, by name.",
            autocompletion=completion.extensions,
            show_default=False,
        ),
    ],
    lock: Annotated[
        bool,
        typer.Option(
            "--lock",
            help="First lock requirements.in in requirements.txt, and package.json in package-lock.json.",
        ),
    ] = False,
    audit: Annotated[
        bool,
        typer.Option(
            "--audit",
            help="Then look up known vulnerabilities at osv.dev, which gets names and versions; "
            "exit code 1 if there are any.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Install the dependencies of functions, and list them.

    Other commands do this themselves. Writes each function's package to the folder build beside its code, for
    Terraform without presso.

    Example: presso build first-cup --lock
    """
    from presso.presenters import packages

    packages.build(settings(context).workspace, list(extensions), lock=lock, audit=audit, json_wanted=json)
