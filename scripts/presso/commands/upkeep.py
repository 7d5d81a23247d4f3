"""unmanaged, doctor, state unlock, state init, state migrate."""

import sys
from typing import Annotated

import typer

from presso.commands import completion
from presso.commands.settings import Json, settings

state = typer.Typer(no_args_is_help=True, help="Work on units' states.")


def unmanaged(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TENANT…",
            help="Tenants. [default: all, and those whose files are gone]",
            autocompletion=completion.tenants,
            show_default=False,
        ),
    ] = None,
    json: Json = False,
) -> None:
    """List resources of tenants that are in no state, with the commands that delete them.

    Example: presso unmanaged nyc
    """
    from presso.deployment.unmanaged import find_unmanaged
    from presso.presenters.upkeep import show_unmanaged

    show_unmanaged(find_unmanaged(settings(context).workspace, names or ()), json_wanted=json)


def doctor(context: typer.Context, json: Json = False) -> None:
    """Find what is missing or wrong on this machine and in this checkout. Exits 1 if it finds anything.

    Example: presso doctor
    """
    from presso.deployment.doctor import examine
    from presso.presenters.upkeep import show_examined

    examined, found = examine(settings(context).workspace)
    show_examined(examined, found, json_wanted=json)
    if found:
        raise typer.Exit(1)


@state.command()
def unlock(
    context: typer.Context,
    unit: Annotated[
        str,
        typer.Argument(help="A unit such as nyc/wait-times.", autocompletion=completion.units),
    ],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not prompt for confirmation.")] = False,
    json: Json = False,
) -> None:
    """Remove the state lock of a run that ended without releasing it.

    Example: presso state unlock nyc/wait-times
    """
    from presso.deployment import state_lock
    from presso.errors import UsageError
    from presso.presenters.upkeep import show_lock
    from presso.units.unit import Unit

    workspace, named = settings(context).workspace, Unit.named(unit)
    lock = state_lock.find(workspace, named)
    if lock and not yes:
        if not sys.stdin.isatty():
            raise UsageError(f"{lock}.", hint=f"If that run is dead: presso state unlock {unit} --yes")
        if not typer.confirm(f"{lock}. Is that run dead?", err=True):
            raise typer.Exit(1)
    if lock:
        state_lock.remove(workspace, named)
    show_lock(lock, unit, removed=lock is not None, json_wanted=json)


@state.command("init")
def create_bucket(
    context: typer.Context,
    tenant: Annotated[str, typer.Argument(help="A tenant.", autocompletion=completion.tenants)],
    json: Json = False,
) -> None:
    """Create the bucket that a tenant.yaml names for its states, or restore the bucket's settings.

    Example: presso state init nyc
    """
    from presso import tenants
    from presso.deployment.bucket_setup import prepare
    from presso.presenters.upkeep import show_bucket

    workspace = settings(context).workspace
    show_bucket(prepare(workspace, tenants.load(workspace, tenant)), json_wanted=json)


@state.command()
def migrate(
    context: typer.Context,
    tenant: Annotated[str, typer.Argument(help="A tenant.", autocompletion=completion.tenants)],
    source: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="BUCKET[/PREFIX]",
            help="The bucket that has the states. [default: this machine, or the bucket last used here]",
            show_default=False,
        ),
    ] = "",
    region: Annotated[
        str,
        typer.Option(
            "--from-region", help="The region of that bucket. [default: us-east-1]", show_default=False
        ),
    ] = "us-east-1",
    json: Json = False,
) -> None:
    """Move a tenant's states to where its tenant.yaml keeps them: a bucket, or this machine.

    Example: presso state migrate nyc
    """
    from presso import tenants
    from presso.deployment.state_migration import bucket_named, migrate
    from presso.presenters.upkeep import show_moved_states

    workspace = settings(context).workspace
    place = bucket_named(source, region) if source else None
    show_moved_states(tenant, migrate(workspace, tenants.load(workspace, tenant), place), json_wanted=json)
