"""catalog export and catalog cloudevent: the catalog and its events in the formats of others."""

from typing import Annotated

import typer

from presso.catalog.exports import FORMATS, Format
from presso.commands import completion
from presso.commands.settings import Json, settings


def export(
    context: typer.Context,
    form: Annotated[
        Format,
        typer.Argument(metavar="FORMAT", help=f"Format: {', '.join(FORMATS[:-1])} or {FORMATS[-1]}."),
    ],
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[EXTENSION|TENANT]…",
            help="Extension, or tenant (rules as deployed), to export. [default: the whole checkout]",
            autocompletion=completion.tenants_and_extensions,
        ),
    ] = None,
    out: Annotated[
        str,
        typer.Option(
            metavar="FILE|FOLDER",
            help="Output file (.yaml or .json) for one document, or a folder. [default: print the document]",
        ),
    ] = "",
    json: Json = False,
) -> None:
    """Export the catalog in the format of another tool, as YAML, or JSON with --json.

    Replaces a folder only if an earlier export created it.

    Example: presso catalog export asyncapi order-metrics --out order-metrics.yaml
    """
    from presso.presenters import catalog_export

    catalog_export.export(settings(context).workspace, form, out, names or [], json_wanted=json)


def cloudevent(
    context: typer.Context,
    files: Annotated[
        list[str], typer.Argument(metavar="FILE…|-", help="JSON events: one, a list, or one per line.")
    ],
    back: Annotated[bool, typer.Option("--back", help="Convert CloudEvents to EventBridge events.")] = False,
    json: Json = False,
) -> None:
    """Convert delivered events to CloudEvents 1.0 or back: one per line, or a list with --json.

    Example: presso catalog example OrderManager.MakeOrder | presso catalog cloudevent -
    """
    from presso.catalog.events import Catalog
    from presso.presenters import catalog_export

    catalog = Catalog.load(settings(context).workspace)
    catalog_export.convert(catalog, files, back=back, json_wanted=json)
