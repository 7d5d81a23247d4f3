"""check: the gate."""

from enum import StrEnum
from typing import Annotated

import typer

from presso.commands import completion
from presso.commands.settings import Json, settings


class Level(StrEnum):
    """How far the gate looks."""

    static = "static"
    plan = "plan"
    sandbox = "sandbox"


def check(
    context: typer.Context,
    extensions: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="EXTENSION|PATH…",
            help="Extensions, by name or folder.",
            autocompletion=completion.extensions,
            show_default=False,
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Check all extensions of this checkout.")] = False,
    changed: Annotated[
        bool, typer.Option("--changed", help="Check new and changed extensions, compared with --against.")
    ] = False,
    against: Annotated[
        str, typer.Option(metavar="REF", help="Git ref that --changed compares with.")
    ] = "origin/main",
    level: Annotated[
        Level,
        typer.Option(
            help="static reads the text only; plan also judges Terraform's plan of it; sandbox also "
            "applies it in a throw-away tenant, replays events to it, and destroys it."
        ),
    ] = Level.plan,
    json: Json = False,
    sarif: Annotated[bool, typer.Option("--sarif", help="Print SARIF 2.1.0.")] = False,
    github: Annotated[
        bool, typer.Option("--github", help="Print annotations for GitHub Actions, and write its summary.")
    ] = False,
    waivers: Annotated[bool, typer.Option(help="Apply the waivers in waivers.yaml.")] = True,
    allow_weak_sandbox: Annotated[
        bool,
        typer.Option(
            "--allow-weak-sandbox",
            help="Run extensions even where this machine cannot confine them with namespaces.",
        ),
    ] = False,
    explain: Annotated[
        str, typer.Option(metavar="CHECK", help="Explain a check, such as P1-004, and exit.")
    ] = "",
) -> None:
    """Check that extensions keep the three promises.

    Makes no AWS calls. Only the sandbox runs code of an extension: confined, in a local AWS that ends
    with it. Also checks the scenarios with its events; with --all, every scenario.

    Example: presso check order-metrics --level sandbox
    """
    from presso.errors import UsageError
    from presso.presenters import gate

    if sum((json, sarif, github)) > 1:
        raise UsageError("--json, --sarif and --github cannot be combined.")
    if explain:
        gate.explain(explain, lambda: settings(context).workspace)
        return
    form = "json" if json else "sarif" if sarif else "github" if github else "text"
    workspace = settings(context).workspace
    if changed:
        from presso import terminal
        from presso.gate.changed import changed as changed_ones

        extensions = [*(extensions or []), *changed_ones(workspace, against)]
        if not extensions and not everything:
            terminal.say(f"No extension differs from {against}.")
            return
    passed = gate.run(
        workspace,
        extensions or [],
        everything=everything,
        level=level.value,
        form=form,
        waivers=waivers,
        weak=allow_weak_sandbox,
    )
    if not passed:
        raise typer.Exit(1)
