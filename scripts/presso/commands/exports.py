"""catalog export and catalog cloudevent: the catalog and its events in the formats of others."""

from typing import Annotated, Literal

import typer

from presso.commands import completion
from presso.commands.settings import Json, settings


def export(
    context: typer.Context,
    form: Annotated[
        Literal["asyncapi", "cloudevents", "eventcatalog", "openapi"],
        typer.Argument(metavar="FORMAT", help="asyncapi, cloudevents, eventcatalog or openapi."),
    ],
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[EXTENSION|TENANT]…",
            help="An extension's part; a tenant's rules as deployed. Without any, all that the checkout has.",
            autocompletion=completion.tenants_and_extensions,
        ),
    ] = None,
    out: Annotated[
        str,
        typer.Option(
            metavar="FILE|FOLDER",
            help="A .yaml or .json file for one document, else a folder. Without it, print the document.",
        ),
    ] = "",
    json: Json = False,
) -> None:
    """Write the catalog in the format of another tool: YAML, or with --json JSON.

    A folder that an earlier export has made is replaced; any other is left alone.

    Example: presso catalog export asyncapi order-metrics --out order-metrics.yaml
    """
    from presso.catalog.exports import writing

    writing.export(settings(context).workspace, form, out, names or [], json_wanted=json)


def cloudevent(
    context: typer.Context,
    files: Annotated[
        list[str], typer.Argument(metavar="FILE…|-", help="Events in JSON: one, a list, or one a line.")
    ],
    back: Annotated[bool, typer.Option("--back", help="From CloudEvents to EventBridge's events.")] = False,
    json: Json = False,
) -> None:
    """Turn delivered events into CloudEvents 1.0, or back: one a line, or with --json a list.

    Example: presso catalog example OrderManager.MakeOrder | presso catalog cloudevent -
    """
    from presso.catalog.events import Catalog
    from presso.catalog.exports import writing

    catalog = Catalog.load(settings(context).workspace)
    writing.convert(catalog, files, back=back, json_wanted=json)
