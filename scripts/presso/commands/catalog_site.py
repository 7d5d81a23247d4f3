"""catalog site."""

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from presso.commands.settings import Json, settings
from presso.errors import PressoError


def site(
    context: typer.Context,
    out: Annotated[
        Path | None,
        typer.Option(help="Output folder. [default: .presso/site]", show_default=False),
    ] = None,
    serve: Annotated[
        bool, typer.Option("--serve", help="Serve the site on localhost after building it.")
    ] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port for --serve; 0 picks a free one.")] = 8040,
    json: Json = False,
) -> None:
    """Build the catalog as a static site: search, a page for each event, service and extension, pictures.

    It needs no server: open its index.html, or put the folder on any static host.

    Example: presso catalog site --serve
    """
    if find_spec("sphinx") is None or find_spec("furo") is None:
        raise PressoError(
            "Sphinx, which builds the site, is not installed.",
            hint="In a checkout of presso, ./presso catalog site installs it. Elsewhere: presso[site].",
        )
    from presso import terminal
    from presso.site.building import build

    workspace = settings(context).workspace
    folder = (out or workspace.home / "site").expanduser().absolute()
    count = build(workspace, folder)
    if json:
        terminal.as_json({"site": str(folder), "index": str(folder / "index.html"), "pages": count})
    else:
        terminal.result(f"{count} pages: {folder / 'index.html'}")
    if serve:
        from presso.site import serving

        serving.serve(folder, port, lambda address: terminal.say(f"Serving {address} until Ctrl-C."))
