"""runs list, runs show, runs merge."""

from pathlib import Path
from typing import Annotated

import typer

from presso.commands.settings import Json, settings

runs = typer.Typer(no_args_is_help=True, help="Show what earlier runs of plan, apply and destroy did.")


@runs.command("list")
def list_(context: typer.Context, json: Json = False) -> None:
    """List the last runs of plan, apply and destroy, the newest first.

    Example: presso runs list
    """
    from presso.deployment.recorded_run import records
    from presso.presenters.recorded_runs import show_all

    show_all([*records(settings(context).workspace)], json_wanted=json)


@runs.command()
def show(
    context: typer.Context,
    run: Annotated[
        str, typer.Argument(help="A run, or the start of its id. [default: the newest]", show_default=False)
    ] = "",
    json: Json = False,
) -> None:
    """Show a run: the causes of its failures first, its critical path, and each unit's duration and log.

    Example: presso runs show 20261128-
    """
    from presso.deployment.recorded_run import find_run
    from presso.presenters.recorded_runs import show_one

    show_one(find_run(settings(context).workspace, run), json_wanted=json)


@runs.command()
def merge(
    context: typer.Context,
    folders: Annotated[
        list[Path],
        typer.Argument(metavar="DIR…", help="Folders with the .presso/runs of machines.", show_default=False),
    ],
    json: Json = False,
) -> None:
    """Record the runs of several machines as one, and show it. Exits 1 if one of them failed.

    Example: presso runs merge shards/*
    """
    from presso.deployment.recorded_run import merged
    from presso.presenters.recorded_runs import show_one

    record = merged(settings(context).workspace, folders)
    show_one(record, json_wanted=json)
    if record.result != "ok":
        raise typer.Exit(1)
