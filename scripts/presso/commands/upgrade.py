"""upgrade."""

import time
from typing import TYPE_CHECKING, Annotated

import typer

from presso.commands import completion
from presso.commands.settings import GlobalOptions, Json, settings
from presso.commands.unit_runs import OnCluster, Options, Parallel, Yes, admitted, exit_with, run

if TYPE_CHECKING:
    from presso.deployment.outcome import Outcome
    from presso.deployment.upgrade_waves import Upgrade


def upgrade(
    context: typer.Context,
    extension: Annotated[str, typer.Argument(help="An extension.", autocompletion=completion.extensions)],
    to: Annotated[
        str, typer.Option("--to", help="The version: a git ref of this repository.", show_default=False)
    ] = "",
    waves: Annotated[
        str, typer.Option("--waves", help="Waves: canary, shares of the tenants, numbers, all.")
    ] = "canary,25%,all",
    resume: Annotated[bool, typer.Option("--resume", help="Continue an upgrade that has stopped.")] = False,
    rollback: Annotated[bool, typer.Option("--rollback", help="Go back to the former versions.")] = False,
    parallel: Parallel = None,
    cluster: OnCluster = "",
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Upgrade an extension in all tenants that list it, wave after wave, and stop at the first that fails.

    It writes the version into the tenants' files: commit them at the end. The wave `canary` has the tenants
    with `canary: true`, or the first one.

    Example: presso upgrade order-metrics --to v2
    """
    chosen, since = settings(context), time.monotonic()
    options = Options(parallel=parallel, cluster=cluster, json=json, yes=yes)
    begun = _begun(chosen, extension, to, waves, resume=resume, rollback=rollback)
    outcomes = _rolled_back(chosen, begun, options) if rollback else _applied(chosen, begun, options)
    if json:
        from presso.presenters import units

        units.show("apply", outcomes, since=since, json_wanted=True, quiet=True)
    exit_with(outcomes)


def _begun(
    chosen: GlobalOptions, extension: str, to: str, waves: str, *, resume: bool, rollback: bool
) -> "Upgrade":
    """Return the upgrade that is meant: a new one, or one that was begun.

    Raises:
        UsageError: It is not clear which, or there is none.
    """
    from presso import tenants
    from presso.deployment import upgrade_waves
    from presso.errors import UsageError

    if [bool(to), resume, rollback].count(True) != 1:
        raise UsageError("One of --to, --resume and --rollback is needed.", hint="Such as --to v2.")
    if to or resume:
        known = tenants.load_all(chosen.workspace)
    if to:
        return upgrade_waves.begin(chosen.workspace, known, extension, to, waves)
    found = upgrade_waves.read(chosen.workspace, extension)
    if found is None:
        hint = f"Begin one: presso upgrade {extension} --to REF"
        raise UsageError(f"There is no upgrade of {extension} to continue.", hint=hint)
    return upgrade_waves.continued(chosen.workspace, known, found) if resume else found


def _applied(chosen: GlobalOptions, begun: "Upgrade", options: Options) -> "list[Outcome]":
    """Apply the waves that are left, up to the first that fails."""
    from presso import terminal
    from presso.deployment import upgrade_waves

    outcomes: list[Outcome] = []
    left = [name for wave in begun.waves[begun.done :] for name in wave]
    options = admitted(chosen, "apply", begun.units(left), options)  # before the first file is written
    while begun.done < len(begun.waves):
        names, wave = begun.waves[begun.done], f"Wave {begun.done + 1} of {len(begun.waves)}"
        terminal.say(f"{wave}: {', '.join(names)}")
        begun = upgrade_waves.pin_wave(chosen.workspace, begun)
        outcomes += run(chosen, "apply", begun.units(names), options, report=not options.json)
        if any(outcome.bad for outcome in outcomes):
            command = f"presso upgrade {begun.extension}"
            hint = f"Continue with {command} --resume, or go back with {command} --rollback."
            terminal.error(f"{wave} failed. No later one was begun.", hint)
            break
        begun = upgrade_waves.wave_done(chosen.workspace, begun)
    return outcomes


def _rolled_back(chosen: GlobalOptions, begun: "Upgrade", options: Options) -> "list[Outcome]":
    from presso.deployment import upgrade_waves

    outcomes: list[Outcome] = []
    if units := begun.units(sorted(begun.before)):
        options = admitted(chosen, "apply", units, options)
        upgrade_waves.roll_back(chosen.workspace, begun)
        outcomes = run(chosen, "apply", units, options, report=not options.json)
    if not any(outcome.bad for outcome in outcomes):
        upgrade_waves.forget(chosen.workspace, begun)
    return outcomes
