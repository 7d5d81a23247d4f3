"""What the commands on units share: their options, and how they select, ask, run and report."""

import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

import typer

from presso.commands import completion
from presso.commands.settings import GlobalOptions

if TYPE_CHECKING:
    from presso.deployment.outcome import Action, Outcome
    from presso.deployment.runs import Runs
    from presso.deployment.shards import Shard
    from presso.deployment.target_environment import Environments
    from presso.deployment.unit_selection import Selection
    from presso.workspace import Workspace

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
Account = Annotated[
    str,
    typer.Option(
        metavar="ID",
        help="Only units of tenants whose tenant.yaml has this account.",
        show_default=False,
    ),
]
Parallel = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=64,
        help="Number of parallel Terraform runs. [default: number of cores; on aws up to 20, by memory]",
    ),
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
OnCluster = Annotated[
    str,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        help="Run the units on the workers of a Dask scheduler, such as tcp://10.0.0.1:8786.",
        show_default=False,
    ),
]
Yes = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not prompt for confirmation; target local never prompts.")
]


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of a command on units."""

    everything: bool = False
    account: str = ""
    parallel: int | None = None
    lock_timeout: str = "0s"
    provider: str | None = None
    fail_fast: bool = False
    time_limit: str = ""
    json: bool = False
    with_extensions: bool = False
    refresh: bool = False
    yes: bool = True
    markdown: bool = False
    cluster: str = ""

    @property
    def for_named(self) -> "Options":
        """The same options for units that are named."""
        return replace(self, everything=False, account="")

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


@dataclass(frozen=True)
class Prepared:
    """A command that is ready to run."""

    selection: "Selection"
    environments: "Environments"
    run: "Runs"

    def execute(self, chosen: GlobalOptions) -> "list[Outcome]":
        """Run it with its progress shown and recorded; to be called in `interruption.deferred()`."""
        from presso import interruption
        from presso.deployment import progress, recorded_run
        from presso.deployment.forecast import Forecast

        total = len(self.selection.units) + len(self.selection.broken)
        display = progress.display(total, quiet=chosen.quiet, forecast=Forecast(self.run))
        watched = sys.stderr.isatty() and not chosen.quiet
        self.run.interruption.finishes = watched and self.run.action != "plan"
        with (
            display,
            recorded_run.recorded(self.run, display),
            interruption.steps_shown(lambda step: display.note(progress.stopping(step))),
        ):
            return self.run.execute()


def prepare(workspace: "Workspace", selection: "Selection", action: "Action", options: Options) -> Prepared:
    """Return a command on selected units; starts the local AWS where one of them is on it."""
    from presso.deployment import progress, runs, target_environment

    if options.cluster:
        from presso.deployment import cluster

        cluster.check(options.cluster, selection)
    known = target_environment.provider(options.provider)
    environments = target_environment.Environments.under(workspace, selection.targets(), known)
    run = runs.Runs(workspace, selection, action, environments.of, progress.Silent())
    options.set(run)
    if options.cluster:
        run.runner = cluster.Cluster(run, run.fingerprints, run.runner, options.cluster, options.parallel)
    return Prepared(selection, environments, run)


def run(
    chosen: GlobalOptions,
    action: "Action",
    patterns: list[str] | None,
    options: Options,
    *,
    report: bool = True,
) -> "list[Outcome]":
    """Select, ask, run, report; return the outcomes.

    Args:
        report: Whether the result is printed.

    Raises:
        UsageError: The options do not go together.
        Stopped: After a signal; what it has interrupted is reported by then.
    """
    from presso import interruption
    from presso.presenters import units

    since, workspace = time.monotonic(), chosen.workspace
    options.check()
    selection = _selected(workspace, action, patterns, options)
    _confirm(action, selection, yes=options.yes)
    prepared = prepare(workspace, selection, action, options)
    with interruption.deferred():
        outcomes = prepared.execute(chosen)
        if not report:
            return outcomes
        shown = {"json_wanted": options.json, "quiet": chosen.quiet, "markdown": options.markdown}
        units.show(action, outcomes, selection, since=since, **shown)
        units.show_notes(action, selection)
        units.show_end_of_local_aws(outcomes, prepared.environments)
    return outcomes


def admitted(chosen: GlobalOptions, action: "Action", patterns: list[str], options: Options) -> Options:
    """Check and ask for all runs of a command before its first; return their options.

    Raises:
        PressoError: It could not run.
        typer.Exit: The answer is no.
    """
    options.check()
    selection = _selected(chosen.workspace, action, patterns, options)
    if options.cluster:
        from presso.deployment import cluster

        cluster.check(options.cluster, selection)
    _confirm(action, selection, yes=options.yes)
    return replace(options, yes=True)


def _selected(
    workspace: "Workspace", action: "Action", patterns: list[str] | None, options: Options
) -> "Selection":
    from presso.deployment import unit_selection

    selection = unit_selection.select(
        workspace,
        action,
        patterns or [],
        everything=options.everything,
        with_extensions=options.with_extensions,
    )
    for error in selection.broken.values() if options.fail_fast else ():
        raise error
    return selection.in_account(options.account) if options.account else selection


def look_for_drift(chosen: GlobalOptions, patterns: list[str] | None, options: Options) -> "list[Outcome]":
    """Plan the deployed ones of the selected units, and return the outcomes with their drift.

    Raises:
        UsageError: The options do not go together.
    """
    from presso import interruption

    options.check()
    workspace = chosen.workspace
    selected = _selected(workspace, "plan", patterns, options)
    deployed = [unit for unit in selected.units if unit in selected.deployed - selected.orphaned]
    prepared = prepare(workspace, replace(selected, units=deployed), "plan", options)
    prepared.run.wants_drift, prepared.run.skip_unchanged = True, False
    with interruption.deferred():
        return prepared.execute(chosen)


def shards(chosen: GlobalOptions, most: int, account: str) -> "list[Shard]":
    """Return the changed ones of all units, divided for an apply on several machines."""
    from presso.deployment import shards

    options = Options(everything=True, account=account, json=True)
    selection = _selected(chosen.workspace, "apply", None, options)
    return shards.of_run(prepare(chosen.workspace, selection, "apply", options).run, most)


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


def exit_with(outcomes: "list[Outcome]", *, detailed: bool = False) -> None:
    """Exit with the code of the outcomes, unless that is 0.

    Args:
        detailed: 2 when a plan has changes.

    Raises:
        typer.Exit: With that code.
    """
    from presso.presenters import units

    code = units.exit_code(outcomes, detailed=detailed)
    if code:
        raise typer.Exit(code)
