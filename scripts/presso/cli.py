"""presso's command line: the commands, the global options, and the handling of errors."""

import copy
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command_name
from typer.models import CommandInfo

from presso import __version__, interruption, streams
from presso.commands import (
    bar,
    build,
    catalog,
    catalog_site,
    dashboard,
    developing,
    gate,
    local,
    playing,
    project,
    recorded_runs,
    scaffold,
    tenant,
    units,
    upgrade,
    upkeep,
    verifying,
    workers,
)
from presso.commands.settings import GlobalOptions
from presso.errors import PressoError


class Commands(TyperGroup):
    """Runs a command and turns what it raises into one message and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command.

        Raises:
            typer.Exit: With 1 or 2 after an error, 141 when the reader of the output is gone.
            interruption.Stopped: After a signal, which `interruption.handled` turns into the exit code.
        """
        try:
            return super().invoke(ctx)
        except PressoError as error:
            streams.report(error)
            raise typer.Exit(error.exit_code) from None
        except Exception as error:
            if isinstance(error, typer.Exit | typer.Abort) or hasattr(error, "exit_code"):
                raise  # typer's own
            if interruption.caused(error):
                raise interruption.stopped() from None
            from presso import bug, file_errors

            if known := file_errors.in_words(error):
                streams.report(known)
                raise typer.Exit(1) from None
            bug.report(error, (ctx.obj or GlobalOptions()).home)
            raise typer.Exit(1) from None


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Global options may also follow the command. Start with: presso demo",
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"presso {__version__}")
        raise typer.Exit


@app.callback()
def presso(
    context: typer.Context,
    home: Annotated[
        str, typer.Option(envvar="PRESSO_HOME", help="Folder for presso's files. [default: .presso]")
    ] = "",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print results and errors only.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Serverlesspresso Extensions as a platform: a bus per tenant, a boundary per extension."""
    context.obj = GlobalOptions(home, quiet)


app.command()(playing.demo)
app.command()(local.up)
app.command()(local.down)
app.command()(units.status)
app.command()(scaffold.init)
app.command()(scaffold.new)
app.command()(scaffold.upgrade_platform)
app.command()(build.build)
app.command()(units.plan)
app.command()(units.apply)
app.command()(units.destroy)
app.command()(units.drift)
app.command()(units.sweep)
app.command()(upgrade.upgrade)
app.command()(workers.worker)
app.command()(units.matrix)
app.add_typer(tenant.tenant, name="tenant")
app.add_typer(recorded_runs.runs, name="runs")
app.command()(upkeep.unmanaged)
app.command()(upkeep.doctor)
app.add_typer(upkeep.state, name="state")
app.command()(playing.play)
app.command()(playing.watch)
app.command()(dashboard.dashboard)
app.command()(developing.dev)
app.add_typer(bar.bar, name="bar")
app.add_typer(playing.scenario, name="scenario")
catalog.catalog.command()(catalog_site.site)
app.add_typer(catalog.catalog, name="catalog")
app.command()(catalog.graph)
app.command()(gate.check)
app.command()(verifying.verify)
app.command()(local.env)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(project.test)
app.command()(project.lint)


def globals_first(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with the global options first, wherever they were given.

    `test` passes its own on to pytest, so nothing after it is moved.
    """
    first: list[str] = []
    rest: list[str] = []
    given = iter(arguments)
    for argument in given:
        if argument in ("test", "--") and (
            argument == "--" or not [a for a in rest if not a.startswith("-")]
        ):
            return [*first, *rest, argument, *given]
        if _is_global(argument):
            first.append(argument)
        elif argument == "--home":
            first += [argument, *(value for value in [next(given, None)] if value is not None)]
        else:
            rest.append(argument)
    return [*first, *rest]


def _is_global(argument: str) -> bool:
    """Whether it is a global option by itself; `--home` has its value in the next argument."""
    return argument in ("-q", "--quiet") or argument.startswith("--home=")


def with_called(arguments: Sequence[str]) -> typer.Typer:
    """Return `app` with only the called command or group: to make all of them is a fifth of a start.

    All are there where none is named, as for help, and for a wrong name, which gets a suggestion.
    """
    given = iter(arguments)
    called = next(given, "")
    while _is_global(called) or called == "--home":
        called = next(given, "") if called != "--home" or next(given, None) is not None else ""
    commands = [it for it in app.registered_commands if _name_of(it) == called]
    groups = [it for it in app.registered_groups if it.name == called]
    if not commands and not groups:
        return app
    smaller = copy.copy(app)
    smaller.registered_commands, smaller.registered_groups = commands, groups
    return smaller


def _name_of(command: CommandInfo) -> str:
    return command.name or get_command_name(getattr(command.callback, "__name__", ""))


def main() -> None:
    """Run the command line given to this process and exit."""
    arguments = globals_first(sys.argv[1:])
    with streams.prepared():
        with_called(arguments)(arguments, prog_name="presso")
