"""plan, apply, destroy, status."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from presso.commands import completion
from presso.commands.settings import GlobalOptions, Json, settings

if TYPE_CHECKING:
    from presso.deployment.outcome import Action, Outcome
    from presso.deployment.unit_selection import Selection

Units = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="UNIT…",
        help="Units: nyc, nyc/wait-times, 'nyc/*', '*/wait-times'.",
        autocompletion=completion.units,
        show_default=False,
    ),
]
Everything = Annotated[bool, typer.Option("--all", help="Select all units.")]
Parallel = Annotated[
    int | None,
    typer.Option(min=1, max=64, help="Number of parallel Terraform runs. [default: number of cores]"),
]
LockTimeout = Annotated[str, typer.Option(help="How long to wait for a state lock, such as 5m.")]
Provider = Annotated[
    str | None,
    typer.Option(
        envvar="PRESSO_PROVIDER",
        metavar="offline|published",
        help="AWS provider for the local target.",
        show_default=False,
    ),
]
Refresh = Annotated[
    bool,
    typer.Option("--refresh", help="With --all, also run Terraform on units whose inputs are unchanged."),
]
Yes = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not prompt for confirmation; target local never prompts.")
]


def plan(
    context: typer.Context,
    units: Units = None,
    everything: Everything = False,
    parallel: Parallel = None,
    provider: Provider = None,
    lock_timeout: LockTimeout = "0s",
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 2 if there are changes, as Terraform does.")
    ] = False,
    refresh: Refresh = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the result as Markdown, for a pull request.")
    ] = False,
    json: Json = False,
) -> None:
    """Show the changes that apply would make.

    With --all, the result includes the deployed units to destroy because no tenant.yaml lists them.

    Example: presso plan nyc 'nyc/*'
    """
    if json and markdown:
        from presso.errors import UsageError

        raise UsageError("Both --json and --markdown are given.", hint="Choose one.")
    outcomes = _run(
        settings(context),
        "plan",
        units,
        everything,
        parallel,
        lock_timeout,
        provider,
        refresh=refresh,
        json=json,
        markdown=markdown,
    )
    _exit(outcomes, detailed=detailed_exitcode)


def apply(
    context: typer.Context,
    units: Units = None,
    everything: Everything = False,
    parallel: Parallel = None,
    provider: Provider = None,
    lock_timeout: LockTimeout = "0s",
    refresh: Refresh = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Create or update units to match their tenant.yaml.

    An extension comes after its tenant's platform. With --all, deployed units that no tenant.yaml lists are
    destroyed, and units whose inputs are unchanged are left out.

    Example: presso apply nyc nyc/order-metrics
    """
    outcomes = _run(
        settings(context),
        "apply",
        units,
        everything,
        parallel,
        lock_timeout,
        provider,
        refresh=refresh,
        yes=yes,
        json=json,
    )
    _exit(outcomes)


def destroy(
    context: typer.Context,
    units: Units = None,
    everything: Everything = False,
    with_extensions: Annotated[
        bool, typer.Option("--with-extensions", help="Include the extensions deployed in the named tenants.")
    ] = False,
    parallel: Parallel = None,
    provider: Provider = None,
    lock_timeout: LockTimeout = "0s",
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Destroy units, extensions first. A tenant with deployed extensions is refused.

    Example: presso destroy nyc --with-extensions
    """
    outcomes = _run(
        settings(context),
        "destroy",
        units,
        everything,
        parallel,
        lock_timeout,
        provider,
        with_extensions=with_extensions,
        yes=yes,
        json=json,
    )
    _exit(outcomes)


def status(context: typer.Context, json: Json = False) -> None:
    """Show the local AWS and the deployed units.

    Example: presso status --json
    """
    from presso.deployment.status import look
    from presso.presenters.status import show

    show(look(settings(context).workspace), json_wanted=json)


def _run(
    chosen: GlobalOptions,
    action: "Action",
    patterns: list[str] | None,
    everything: bool,
    parallel: int | None,
    lock_timeout: str,
    provider: str | None,
    *,
    with_extensions: bool = False,
    refresh: bool = False,
    yes: bool = True,
    json: bool,
    markdown: bool = False,
) -> "list[Outcome]":
    """Select, ask, run, report; return the outcomes.

    Raises:
        Stopped: After a signal; what it has interrupted is reported by then.
    """
    from presso import interruption
    from presso.deployment import progress, runs, target_environment, unit_selection
    from presso.presenters import units

    since, workspace = time.monotonic(), chosen.workspace
    selection = unit_selection.select(
        workspace, action, patterns or [], everything=everything, with_extensions=with_extensions
    )
    _confirm(action, selection, yes=yes)
    known = target_environment.provider(provider)
    environments = target_environment.Environments.under(workspace, selection.targets(), known)
    with interruption.deferred():
        with progress.display(len(selection.units), quiet=chosen.quiet) as display:
            run = runs.Runs(workspace, selection, action, environments.of, display, lock_timeout=lock_timeout)
            run.parallel, run.skip_unchanged = parallel or run.parallel, everything and not refresh
            outcomes = run.execute()
        units.show(action, outcomes, since=since, json_wanted=json, quiet=chosen.quiet, markdown=markdown)
        units.show_notes(action, selection)
        units.show_end_of_local_aws(outcomes, environments)
    return outcomes


def _confirm(action: "Action", selection: "Selection", *, yes: bool) -> None:
    """Ask before real AWS is changed, unless the answer is given; list what an apply destroys first.

    Raises:
        UsageError: There is no terminal for the question.
        typer.Exit: The answer is no.
    """
    import sys

    from presso import terminal

    going = sorted({*selection.units} & selection.orphaned) if action == "apply" else []
    if going:
        names = ", ".join(str(unit) for unit in going)
        terminal.say(
            f"To destroy, because no tenant.yaml lists {'it' if len(going) == 1 else 'them'}: {names}"
        )
    real = [unit for unit in selection.units if selection.target(unit) == "aws"]
    if yes or not real:
        return
    names = ", ".join(str(unit) for unit in real)
    if not sys.stdin.isatty():
        from presso.errors import UsageError

        raise UsageError(
            f"{action} would change real AWS: {names}.", hint="Use --yes where there is no terminal."
        )
    if not typer.confirm(f"{action} {names} on real AWS?", err=True):
        raise typer.Exit(1)


def _exit(outcomes: "list[Outcome]", *, detailed: bool = False) -> None:
    from presso.presenters import units

    code = units.exit_code(outcomes, detailed=detailed)
    if code:
        raise typer.Exit(code)
