"""plan, apply, destroy, drift, matrix, sweep, status."""

from typing import Annotated

import typer

from presso.commands.settings import Json, settings
from presso.commands.unit_runs import (
    Account,
    Everything,
    FailFast,
    LockTimeout,
    OnCluster,
    Options,
    Parallel,
    Provider,
    Refresh,
    TimeLimit,
    Units,
    Yes,
    exit_with,
    look_for_drift,
    run,
    shards,
)


def plan(
    context: typer.Context,
    units: Units = None,
    everything: Everything = False,
    account: Account = "",
    parallel: Parallel = None,
    provider: Provider = None,
    lock_timeout: LockTimeout = "0s",
    time_limit: TimeLimit = "",
    fail_fast: FailFast = False,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 2 if there are changes, as Terraform does.")
    ] = False,
    refresh: Refresh = False,
    cluster: OnCluster = "",
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the result as Markdown, for a pull request.")
    ] = False,
    json: Json = False,
) -> None:
    """Show the changes that apply would make.

    With --all, the result includes deployed units that no tenant.yaml lists: apply destroys them.

    Example: presso plan nyc 'nyc/*'
    """
    options = Options(
        everything=everything,
        account=account,
        parallel=parallel,
        lock_timeout=lock_timeout,
        provider=provider,
        fail_fast=fail_fast,
        time_limit=time_limit,
        json=json,
        cluster=cluster,
        refresh=refresh,
        markdown=markdown,
    )
    exit_with(run(settings(context), "plan", units, options), detailed=detailed_exitcode)


def apply(
    context: typer.Context,
    units: Units = None,
    everything: Everything = False,
    account: Account = "",
    parallel: Parallel = None,
    provider: Provider = None,
    lock_timeout: LockTimeout = "0s",
    time_limit: TimeLimit = "",
    fail_fast: FailFast = False,
    refresh: Refresh = False,
    cluster: OnCluster = "",
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Create or update units to match their tenant.yaml.

    Extensions follow their tenant's platform. With --all, deployed units that no tenant.yaml lists are
    destroyed, and units whose inputs are unchanged are left out.

    Example: presso apply nyc nyc/order-metrics
    """
    options = Options(
        everything=everything,
        account=account,
        parallel=parallel,
        lock_timeout=lock_timeout,
        provider=provider,
        fail_fast=fail_fast,
        time_limit=time_limit,
        json=json,
        refresh=refresh,
        yes=yes,
        cluster=cluster,
    )
    exit_with(run(settings(context), "apply", units, options))


def destroy(
    context: typer.Context,
    units: Units = None,
    everything: Everything = False,
    account: Account = "",
    with_extensions: Annotated[
        bool, typer.Option("--with-extensions", help="Include the extensions deployed in the named tenants.")
    ] = False,
    parallel: Parallel = None,
    provider: Provider = None,
    lock_timeout: LockTimeout = "0s",
    time_limit: TimeLimit = "",
    fail_fast: FailFast = False,
    cluster: OnCluster = "",
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Destroy units, extensions first.

    A tenant with deployed extensions is refused unless --with-extensions or the extensions are given.

    Example: presso destroy nyc --with-extensions
    """
    options = Options(
        everything=everything,
        account=account,
        parallel=parallel,
        lock_timeout=lock_timeout,
        provider=provider,
        fail_fast=fail_fast,
        time_limit=time_limit,
        json=json,
        cluster=cluster,
        with_extensions=with_extensions,
        yes=yes,
    )
    exit_with(run(settings(context), "destroy", units, options))


def drift(
    context: typer.Context,
    units: Units = None,
    everything: Everything = False,
    account: Account = "",
    parallel: Parallel = None,
    provider: Provider = None,
    lock_timeout: LockTimeout = "0s",
    time_limit: TimeLimit = "",
    fail_fast: FailFast = False,
    cluster: OnCluster = "",
    fix: Annotated[bool, typer.Option("--fix", help="Apply the units that have drifted.")] = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Find what was changed in deployed units outside of Terraform. Exits 2 if there is anything.

    Reports what the next apply would undo, or with --fix what it did. presso unmanaged lists what is new.

    Example: presso drift --all
    """
    from presso.presenters.drift_report import drifted, exit_code, failed, show_drift

    options = Options(
        everything=everything,
        account=account,
        parallel=parallel,
        lock_timeout=lock_timeout,
        provider=provider,
        fail_fast=fail_fast,
        time_limit=time_limit,
        json=json,
        cluster=cluster,
        yes=yes,
    )
    outcomes = look_for_drift(settings(context), units, options)
    names = [str(outcome.unit) for outcome in drifted(outcomes)] if fix else []
    show_drift(outcomes, json_wanted=json and not names)
    fixed = run(settings(context), "apply", names, options.for_named) if names else []
    raise typer.Exit(exit_code([*failed(outcomes), *fixed] if names else outcomes))


def matrix(
    context: typer.Context,
    most: Annotated[
        int, typer.Option("--shards", min=1, max=256, help="The most shards; GitHub Actions allows 256.")
    ] = 8,
    account: Account = "",
) -> None:
    """Print a matrix for GitHub Actions of what apply --all would run, in shards of whole tenants.

    Balances the shards by the durations of earlier runs. In each, `apply` and `destroy` list the units to
    pass to these commands.

    Example: presso matrix --shards 4
    """
    from presso.presenters.units import show_matrix

    show_matrix(shards(settings(context), most, account))


def sweep(
    context: typer.Context,
    parallel: Parallel = None,
    provider: Provider = None,
    lock_timeout: LockTimeout = "0s",
    time_limit: TimeLimit = "",
    cluster: OnCluster = "",
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Destroy the tenants whose last day is over: `ends` in tenant.yaml.

    Example: presso sweep --yes
    """
    from presso import terminal
    from presso.deployment.unit_selection import ended
    from presso.presenters.units import show_none_to_sweep

    options = Options(
        parallel=parallel,
        lock_timeout=lock_timeout,
        provider=provider,
        time_limit=time_limit,
        json=json,
        cluster=cluster,
        with_extensions=True,
        yes=yes,
    )
    names, broken = ended(settings(context).workspace)
    for error in broken:
        terminal.error(error.message, error.hint)
    if names:
        exit_with(run(settings(context), "destroy", names, options))
    else:
        show_none_to_sweep(json_wanted=json)
    if broken:
        raise typer.Exit(1)


def status(context: typer.Context, json: Json = False) -> None:
    """Show the local AWS and the deployed units.

    Example: presso status --json
    """
    from presso.deployment.status import look
    from presso.presenters.status import show

    show(look(settings(context).workspace), json_wanted=json)
