"""plan, apply, destroy, status."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from presso.commands import completion
from presso.commands.settings import GlobalOptions, Json, settings

if TYPE_CHECKING:
    from presso.deployment.outcome import Action, Outcome
    from presso.deployment.runs import Runs
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
FailFast = Annotated[
    bool,
    typer.Option(
        "--fail-fast/--keep-going",
        help="After a failure: start no further unit, or skip only the units that need the failed one.",
    ),
]
TimeLimit = Annotated[
    str,
    typer.Option(
        help="Time limit for one unit, such as 30m; Terraform is then interrupted.", show_default=False
    ),
]
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


@dataclass(frozen=True)
class _Options:
    """The options of plan, apply and destroy."""

    everything: bool
    parallel: int | None
    lock_timeout: str
    provider: str | None
    fail_fast: bool
    time_limit: str
    json: bool
    with_extensions: bool = False
    refresh: bool = False
    yes: bool = True
    markdown: bool = False

    def check(self) -> None:
        """Refuse options that do not go together, or have no meaning.

        Raises:
            UsageError: Names them.
        """
        from presso.errors import UsageError

        if self.json and self.markdown:
            raise UsageError("Both --json and --markdown are given.", hint="Choose one.")
        self._seconds()

    def set(self, run: "Runs") -> None:
        """Give a run its options."""
        run.parallel, run.lock_timeout = self.parallel or run.parallel, self.lock_timeout
        run.fail_fast, run.time_limit = self.fail_fast, self._seconds()
        run.skip_unchanged = self.everything and not self.refresh

    def _seconds(self) -> float | None:
        from presso.deployment import time_limit

        return time_limit.seconds(self.time_limit) if self.time_limit else None


def plan(
    context: typer.Context,
    units: Units = None,
    everything: Everything = False,
    parallel: Parallel = None,
    provider: Provider = None,
    lock_timeout: LockTimeout = "0s",
    time_limit: TimeLimit = "",
    fail_fast: FailFast = False,
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

    With --all, the result includes deployed units that no tenant.yaml lists: apply destroys them.

    Example: presso plan nyc 'nyc/*'
    """
    common = (everything, parallel, lock_timeout, provider, fail_fast, time_limit, json)
    options = _Options(*common, refresh=refresh, markdown=markdown)
    _exit(_run(settings(context), "plan", units, options), detailed=detailed_exitcode)


def apply(
    context: typer.Context,
    units: Units = None,
    everything: Everything = False,
    parallel: Parallel = None,
    provider: Provider = None,
    lock_timeout: LockTimeout = "0s",
    time_limit: TimeLimit = "",
    fail_fast: FailFast = False,
    refresh: Refresh = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Create or update units to match their tenant.yaml.

    Extensions follow their tenant's platform. With --all, deployed units that no tenant.yaml lists are
    destroyed, and units whose inputs are unchanged are left out.

    Example: presso apply nyc nyc/order-metrics
    """
    common = (everything, parallel, lock_timeout, provider, fail_fast, time_limit, json)
    _exit(_run(settings(context), "apply", units, _Options(*common, refresh=refresh, yes=yes)))


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
    time_limit: TimeLimit = "",
    fail_fast: FailFast = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Destroy units, extensions first. A tenant with deployed extensions is refused.

    Example: presso destroy nyc --with-extensions
    """
    common = (everything, parallel, lock_timeout, provider, fail_fast, time_limit, json)
    _exit(_run(settings(context), "destroy", units, _Options(*common, with_extensions, yes=yes)))


def status(context: typer.Context, json: Json = False) -> None:
    """Show the local AWS and the deployed units.

    Example: presso status --json
    """
    from presso.deployment.status import look
    from presso.presenters.status import show

    show(look(settings(context).workspace), json_wanted=json)


def _run(
    chosen: GlobalOptions, action: "Action", patterns: list[str] | None, options: _Options
) -> "list[Outcome]":
    """Select, ask, run, report; return the outcomes.

    Raises:
        UsageError: The options do not go together.
        Stopped: After a signal; what it has interrupted is reported by then.
    """
    from presso import interruption
    from presso.deployment import progress, recorded_run, runs, target_environment, unit_selection
    from presso.deployment.forecast import Forecast
    from presso.presenters import units

    since, workspace = time.monotonic(), chosen.workspace
    options.check()
    everything, with_extensions = options.everything, options.with_extensions
    selection = unit_selection.select(
        workspace, action, patterns or [], everything=everything, with_extensions=with_extensions
    )
    _confirm(action, selection, yes=options.yes)
    known = target_environment.provider(options.provider)
    environments = target_environment.Environments.under(workspace, selection.targets(), known)
    run = runs.Runs(workspace, selection, action, environments.of, progress.Silent())
    options.set(run)
    with interruption.deferred():
        display = progress.display(len(selection.units), quiet=chosen.quiet, forecast=Forecast(run))
        with display, recorded_run.recorded(run, display):
            outcomes = run.execute()
        shown = {"json_wanted": options.json, "quiet": chosen.quiet, "markdown": options.markdown}
        units.show(action, outcomes, since=since, orphaned=selection.left_orphaned, **shown)
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
