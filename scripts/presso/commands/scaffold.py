"""new: extensions from the scaffold, or from one that is there."""

from typing import Annotated

import typer

from presso.commands import completion
from presso.commands.settings import Json, settings


def new(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="2 to 20 small letters, digits and single hyphens.",
            autocompletion=completion.extensions,
            show_default=False,
        ),
    ] = "",
    title: Annotated[str, typer.Option(help="For people. [default: from the name]")] = "",
    author: Annotated[str, typer.Option(help="Who writes it.")] = "",
    event: Annotated[
        list[str] | None,
        typer.Option(
            metavar="EVENT", help="One to listen to; several times.", autocompletion=completion.events
        ),
    ] = None,
    pattern: Annotated[
        str, typer.Option(help="What is behind the rule.", autocompletion=completion.scaffold_patterns)
    ] = "",
    language: Annotated[
        str, typer.Option(help="python or node.", autocompletion=completion.scaffold_languages)
    ] = "",
    source: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="EXTENSION",
            help="Copy this one under the new name.",
            autocompletion=completion.extensions,
        ),
    ] = "",
    update: Annotated[
        bool, typer.Option("--update", help="Merge what the scaffold has learnt into the one of this name.")
    ] = False,
    json: Json = False,
) -> None:
    """Make an extension that passes the check and its tests as it is.

    What is not said is asked for, when somebody is there to answer.

    Example: presso new wait-times --event OrderManager.OrderCompleted --pattern table-writer
    """
    from presso.errors import UsageError
    from presso.scaffold import making
    from presso.scaffold.answers import Given

    workspace = settings(context).workspace
    given = Given(name, title, author, tuple(event or ()), pattern, language)
    if update:
        if source or given != Given(name):
            raise UsageError("--update takes a name alone: the answers are those that the extension keeps.")
        if not making.update(workspace, name, json_wanted=json):
            raise typer.Exit(1)
    elif source:
        making.copy(workspace, source, given, json_wanted=json)
    else:
        making.new(workspace, given, json_wanted=json)
