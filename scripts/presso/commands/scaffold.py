"""new: extensions from the scaffold, or from one that is there; init: a platform for them."""

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
            help="Name: 2 to 20 lower-case letters, digits and single hyphens.",
            autocompletion=completion.extensions,
            show_default=False,
        ),
    ] = "",
    title: Annotated[str, typer.Option(help="Human-readable title. [default: from the name]")] = "",
    author: Annotated[str, typer.Option(help="Author.")] = "",
    event: Annotated[
        list[str] | None,
        typer.Option(
            metavar="EVENT", help="Event to listen to; repeatable.", autocompletion=completion.events
        ),
    ] = None,
    pattern: Annotated[
        str, typer.Option(help="Target of the rule.", autocompletion=completion.scaffold_patterns)
    ] = "",
    language: Annotated[
        str, typer.Option(help="Language: python or node.", autocompletion=completion.scaffold_languages)
    ] = "",
    source: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="EXTENSION",
            help="Extension to copy under the new name.",
            autocompletion=completion.extensions,
        ),
    ] = "",
    update: Annotated[
        bool,
        typer.Option(
            "--update", help="Update an existing extension to the current template (three-way merge)."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Create an extension that passes its check and its tests.

    Prompts for missing options in a terminal.

    Example: presso new wait-times --event OrderManager.OrderCompleted --pattern table-writer
    """
    from presso.errors import UsageError
    from presso.presenters import scaffold
    from presso.scaffold.answers import Given

    workspace = settings(context).workspace
    given = Given(name, title, author, tuple(event or ()), pattern, language)
    if update:
        if source or given != Given(name):
            raise UsageError("--update takes only a name: the answers are in its .scaffold.yaml.")
        if not scaffold.update(workspace, name, json_wanted=json):
            raise typer.Exit(1)
    elif source:
        scaffold.copy(workspace, source, given, json_wanted=json)
    else:
        scaffold.new(workspace, given, json_wanted=json)


def init(
    folder: Annotated[
        str, typer.Argument(metavar="DIR", help="Folder to create; its name is the platform's title.")
    ],
    source: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Source of its own events, in place of the coffee bar's; repeat for more."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Create a platform: modules, a scaffold, an example extension, a tenant and CI.

    With --source, its events are its own: the catalog has one to begin with, and presso.yaml their settings.

    Example: presso init acme-events --source acme.orders --source acme.stock
    """
    from presso.presenters import scaffold

    scaffold.init(folder, source or (), json_wanted=json)


def upgrade_platform(context: typer.Context, json: Json = False) -> None:
    """Upgrade a platform that init created to this version of presso (three-way merge).

    Example: presso upgrade-platform
    """
    from presso.presenters import scaffold

    if not scaffold.upgrade_platform(settings(context).workspace, json_wanted=json):
        raise typer.Exit(1)
